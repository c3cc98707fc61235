//! Log groups with the lines of a corpus.

use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use weir_testkit::{AwsDouble, LogEvent, LogGroups, Quirks};
use weir_tests::{Corpus, MixedFormats};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const GROUPS: [&str; 4] = ["flows-a", "flows-b", "flows-c", "flows-d"];

/// How far each look reaches back, in milliseconds.
pub(crate) const OVERLAP: u64 = 60_000;

pub(crate) struct Cloud {
    pub(crate) aws: AwsDouble,
    pub(crate) groups: LogGroups,
    /// When the first event began.
    start: u64,
}

impl Cloud {
    pub(crate) fn open() -> Self {
        let (aws, now) = (AwsDouble::start(), now());
        let quirks = Quirks { page: 2000, empty_every: 5, throttle_every: 15, repeats: true };
        let groups = LogGroups::new(quirks);
        aws.add_user("AKIAWEIR", ACCOUNT, "weir");
        let answered = groups.clone();
        aws.on("logs", "FilterLogEvents").answer_with(move |call| answered.answer(call));
        Self { aws, groups, start: now - 2 * OVERLAP }
    }

    /// Puts lines into all groups in turn: from `start` over one and a half overlaps, with many
    /// equal timestamps. All are visible at once, and were ingested in another order.
    pub(crate) fn put(&self, corpus: &Corpus, numbers: Range<u64>) {
        let count = numbers.end - numbers.start;
        let text = corpus.text(numbers.clone());
        let events = numbers.zip(text.lines().skip(1)).map(|(number, line)| {
            let ingested = self.ingested(number, count);
            self.event(number, self.timestamp(number, count), ingested, line)
        });
        self.groups.add(events.collect::<Vec<_>>());
    }

    /// Puts lines into the group of flow logs with several formats, of just now.
    pub(crate) fn put_mixed(&self, mixed: &MixedFormats, corpus: &Corpus, numbers: Range<u64>) {
        let (lines, now) = (mixed.lines(corpus, numbers.clone()), now());
        let events = numbers.zip(lines).map(|(number, line)| LogEvent {
            group: mixed.group().to_owned(),
            stream: line.log_stream,
            ..self.event(number, now, now, &line.text)
        });
        self.groups.add(events.collect::<Vec<_>>());
    }

    fn timestamp(&self, number: u64, count: u64) -> u64 {
        self.start + number % count * (OVERLAP + OVERLAP / 2) / count / 1000 * 1000
    }

    /// When the line with this number, of so many that were put, was ingested, in milliseconds.
    pub(crate) fn ingested(&self, number: u64, count: u64) -> u64 {
        self.timestamp(number, count) + number * 37 % 1000
    }

    /// Puts a line that comes after the overlap.
    pub(crate) fn put_late(&self, corpus: &Corpus, number: u64) {
        let text = corpus.text(number..number + 1);
        let line = text.lines().nth(1).unwrap();
        self.groups.add([self.event(number, self.start + OVERLAP / 4, now(), line)]);
    }

    fn event(&self, number: u64, timestamp: u64, ingestion: u64, line: &str) -> LogEvent {
        let groups = GROUPS.len() as u64;
        LogEvent {
            group: GROUPS[usize::try_from(number % groups).unwrap()].to_owned(),
            stream: format!("eni-{:x}-all", number % 50),
            id: format!("{number:056}"),
            timestamp,
            ingestion,
            visible: 0,
            message: line.to_owned(),
        }
    }

    /// The sections that lead to the groups. `keys` are lines of `[ingest_cloudwatch]`.
    pub(crate) fn sections(&self, keys: &str) -> String {
        let mut text = Self::stage(keys);
        for name in GROUPS {
            text += &format!(
                "[[ingest_cloudwatch.groups]]\nstart = \"oldest\"\nlog_formats = [{:?}]\n\
                 group = \"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}\"\n",
                Corpus::log_format()
            );
        }
        text + &self.account()
    }

    /// The section of the stage, which lists no groups.
    pub(crate) fn stage(keys: &str) -> String {
        format!(
            "[ingest_cloudwatch]\nadmin_listen = \"127.0.0.1:0\"\ninterval = \"1s\"\n\
             overlap = \"60s\"\nsettle = \"0s\"\nrate = 200.0\nwithout_leases = \"begin\"\n{keys}\n"
        )
    }

    /// The section that leads to the account.
    pub(crate) fn account(&self) -> String {
        format!(
            "[aws]\nendpoint = \"{}\"\nregion = \"{REGION}\"\ninclude_own_account = false\n\
             [[aws.profiles]]\naccess_key_id = \"AKIAWEIR\"\nsecret_access_key = \"secret\"\n",
            self.aws.url()
        )
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}
