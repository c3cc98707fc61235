//! A report as syslog messages.

use std::sync::Arc;

use weir_report::{DEFAULT_SOURCE_ID, ReportField, SyslogHeader, SyslogWriter};

use crate::address::SyslogAddress;
use crate::checked::CheckedRun;
use crate::clock::Clock;
use crate::config::OutputConfig;
use crate::error::ExportError;
use crate::live::Live;
use crate::meter::{Meter, Sent};
use crate::output::Output;
use crate::outputs::Opening;
use crate::planned::Planned;
use crate::syslog_carrier::Carrier;

/// A syslog receiver.
pub(crate) struct Syslog {
    carrier: Carrier,
    writer: Planned<SyslogWriter>,
    message: Vec<u8>,
    clock: Clock,
    meter: Arc<Meter>,
    /// Records of the run at hand that need not be sent again.
    done: usize,
}

impl Syslog {
    pub(crate) fn open(
        address: &SyslogAddress,
        config: &OutputConfig,
        fields: &Live<Vec<ReportField>>,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let header = SyslogHeader::new(&hostname, DEFAULT_SOURCE_ID);
        let report = config.report();
        let mut syslog = Self {
            carrier: Carrier::new(address, config, opening, meter),
            writer: Planned::new(opening.layouts, fields, move |layouts, fields| {
                SyslogWriter::new(layouts, report, fields, header.clone())
            }),
            message: Vec::new(),
            clock: opening.clock.clone(),
            meter: Arc::clone(meter),
            done: 0,
        };
        if !syslog.carrier.is_stream() {
            match syslog.ready(true) {
                Err(_) if opening.config.give_up_after.is_none() => {}
                ready => drop(ready?),
            }
        }
        Ok(syslog)
    }

    fn try_write(&mut self, run: &CheckedRun, sent: &mut Sent) -> std::io::Result<()> {
        let writer = self.writer.under(run.layouts());
        writer.set_timestamp(&jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S+00:00"));
        for record in run.records().skip(self.done) {
            self.message.clear();
            writer.write(&record, &mut self.message);
            self.carrier.send(&self.message, sent)?;
        }
        self.carrier.flush(sent)
    }
}

impl Output for Syslog {
    fn ready(&mut self, waits: bool) -> Result<bool, ExportError> {
        self.carrier.ready(waits).map_err(|source| {
            let peer = self.meter.address().to_owned();
            ExportError::Connect { peer, source }
        })
    }

    fn write(&mut self, run: &CheckedRun) -> Result<(), ExportError> {
        let mut sent = Sent::default();
        let written = self.try_write(run, &mut sent);
        self.meter.sent(self.clock.elapsed(), sent);
        match written {
            Ok(()) => {
                self.done = 0;
                self.carrier.delivered();
                Ok(())
            }
            Err(source) => {
                // A datagram is sent or not; in a stream a frame may have been cut.
                self.done += if self.carrier.is_stream() { 0 } else { sent.records as usize };
                self.carrier.failed();
                let peer = self.meter.address().to_owned();
                Err(ExportError::Send { peer, source })
            }
        }
    }

    fn abandon(&mut self) {
        self.done = 0;
    }
}
