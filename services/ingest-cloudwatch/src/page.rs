//! The events of one answer.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use weir_flowlog::BlockParser;
use weir_inventory::log_formats::{Choice, choose};

use crate::desk::{Desk, now};
use crate::event::EventId;
use crate::formats::StreamFormats;
use crate::group::Group;
use crate::inputs::Covered;
use crate::metrics::Tally;
use crate::reader::{Cut, Event, Outcome, Reader};

/// The events of one answer.
pub(crate) struct Page {
    events: Vec<(EventId, u64, FilteredLogEvent)>,
}

/// An event as CloudWatch Logs gave it.
pub(crate) struct PageEvent<'a> {
    id: EventId,
    ingestion: u64,
    pub(crate) stream: &'a str,
    message: &'a str,
}

impl Page {
    pub(crate) fn of(events: Vec<FilteredLogEvent>) -> Self {
        let named = |event: FilteredLogEvent| {
            let id = EventId::new(time(event.timestamp), event.event_id().unwrap_or_default());
            (id, time(event.ingestion_time), event)
        };
        Self { events: events.into_iter().map(named).collect() }
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = PageEvent<'_>> {
        self.events.iter().map(|(id, ingestion, event)| PageEvent {
            id: *id,
            ingestion: *ingestion,
            stream: event.log_stream_name().unwrap_or_default(),
            message: event.message().unwrap_or_default(),
        })
    }

    /// The events of which only the store knows whether they were exported.
    pub(crate) fn unsure(&self, reader: &Reader) -> Vec<EventId> {
        let ids = self.events.iter().filter(|(id, at, _)| reader.is_unsure(*id, *at));
        ids.map(|(id, ..)| *id).collect()
    }

    /// Hands the events to the reader, with the formats of their streams. The runs that are full.
    pub(crate) fn read(
        &self,
        (desk, group): (&Desk, &Group),
        (overlap, covered): (Duration, &[Covered]),
        reader: &mut Reader,
        streams: &HashMap<String, StreamFormats>,
    ) -> Vec<Cut> {
        let (now, half) = (now(), overlap / 2);
        let (mut parser, mut tally, mut slow) = (BlockParser::new(), Tally::default(), 0);
        let mut cuts = Vec::new();
        for PageEvent { id, ingestion, stream, message } in self.events() {
            let log = streams.get(stream).and_then(|StreamFormats { resource, formats }| {
                match choose(formats, resource.as_deref(), message, &mut parser) {
                    Choice::Format(format) => Some(format),
                    Choice::NoFlowLog => None,
                }
            });
            let end = log.and_then(|log| log.end_of(message));
            // What does not tell its end is read.
            let is_covered = end.is_some_and(|end| covered.iter().any(|each| each.has(end)));
            let event = Event { id, ingestion, message, log, is_covered };
            let (outcome, cut) = reader.take(&event);
            tally.add(outcome, log.is_some());
            cuts.extend(cut);
            if matches!(outcome, Outcome::New | Outcome::Late) {
                let took = Duration::from_millis(ingestion.saturating_sub(id.timestamp));
                let seen = end.map(|end| Duration::from_millis(now.saturating_sub(end)));
                desk.metrics.took(seen, took);
                slow += u64::from(took > half);
            }
        }
        desk.metrics.events(group.log_group(), tally);
        desk.metrics.slow(group.log_group(), slow);
        cuts
    }
}

fn time(milliseconds: Option<i64>) -> u64 {
    milliseconds.and_then(|time| u64::try_from(time).ok()).unwrap_or_default()
}
