//! Runs of flow log lines on the wire.

use std::collections::HashMap;
use std::sync::Arc;

use tonic::Status;
use weir_delivery::{Origin, RawRun, RunId, RunRejection};
use weir_flowlog::LogFormat;

use super::{MESSAGE_OCTETS, id_message, id_of, resume_message, resume_of};
use crate::link::ToReceiver;
use crate::pb::{self, enrich_request::Message};

/// The most log formats that are remembered for each stream; flow logs have few.
const MAX_FORMATS: usize = 64;

/// Stands for [`LogFormat::undecided`]. No field can be called so.
const UNDECIDED: &str = "?";

/// What a source says: runs in messages of about 1 MiB, then announcements.
pub fn enrich_requests(said: ToReceiver<RawRun>) -> Vec<pb::EnrichRequest> {
    let mut batches: Vec<pb::RawBatch> = Vec::new();
    let mut octets = usize::MAX;
    for run in said.runs {
        if octets.saturating_add(run.text.len()) > MESSAGE_OCTETS {
            batches.push(pb::RawBatch::default());
            octets = 0;
        }
        octets += run.text.len();
        if let Some(batch) = batches.last_mut() {
            batch.runs.push(raw_message(run));
        }
    }
    let mut messages: Vec<_> = batches.into_iter().map(Message::Batch).collect();
    if !said.resume.is_empty() {
        messages.push(Message::Resume(resume_message(said.resume)));
    }
    messages.into_iter().map(|message| pb::EnrichRequest { message: Some(message) }).collect()
}

fn raw_message(run: RawRun) -> pb::RawRun {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    pb::RawRun {
        id: Some(id_message(run.id)),
        source: run.origin.source.clone(),
        account_id: text(&run.origin.account_id),
        region: text(&run.origin.region),
        flow_log_id: text(&run.origin.flow_log_id),
        log_format: match run.format.is_undecided() {
            true => UNDECIDED.to_owned(),
            false => run.format.to_string(),
        },
        first_line: run.first_line,
        text: run.text,
    }
}

/// Reads what one source's stream brings.
#[derive(Debug, Default)]
pub struct RawReader {
    /// By their text: neighbouring runs have the same.
    formats: HashMap<String, Arc<LogFormat>>,
}

impl RawReader {
    /// Reads a message. A run that nobody can enrich is refused by its id; the others stay.
    ///
    /// # Errors
    ///
    /// A status that says what is wrong; it ends the stream.
    pub fn read(&mut self, message: pb::EnrichRequest) -> Result<ToReceiver<RawRun>, Status> {
        match message.message {
            Some(Message::Resume(resume)) => Ok(ToReceiver::resume(resume_of(resume)?)),
            Some(Message::Batch(batch)) => {
                let mut said = ToReceiver::default();
                for run in batch.runs {
                    match self.run(run)? {
                        Ok(run) => said.runs.push(run),
                        Err(refusal) => said.refused.push(refusal),
                    }
                }
                Ok(said)
            }
            // A later version may say more.
            None => Ok(ToReceiver::default()),
        }
    }

    fn run(
        &mut self,
        message: pb::RawRun,
    ) -> Result<Result<RawRun, (RunId, RunRejection)>, Status> {
        let id = id_of(message.id)?;
        if message.text.len() > RawRun::MAX_TEXT {
            return Ok(Err((id, RunRejection::TooLarge)));
        }
        let Some(format) = self.format(message.log_format) else {
            return Ok(Err((id, RunRejection::LogFormat)));
        };
        let given = |part: String| (!part.is_empty()).then_some(part);
        let origin = Origin {
            source: message.source,
            account_id: given(message.account_id),
            region: given(message.region),
            flow_log_id: given(message.flow_log_id),
        };
        let (origin, first_line, text) = (Arc::new(origin), message.first_line, message.text);
        Ok(Ok(RawRun { id, origin, format, first_line, text }))
    }

    fn format(&mut self, text: String) -> Option<Arc<LogFormat>> {
        if let Some(known) = self.formats.get(&text) {
            return Some(Arc::clone(known));
        }
        let format = match text.as_str() {
            UNDECIDED => LogFormat::undecided(),
            fields => LogFormat::parse(fields).ok()?,
        };
        let format = Arc::new(format);
        if self.formats.len() >= MAX_FORMATS {
            self.formats.clear();
        }
        self.formats.insert(text, Arc::clone(&format));
        Some(format)
    }
}
