//! VRL's `parse_aws_vpc_flow_log`, which Vector users have.

use std::collections::BTreeMap;

use anyhow::anyhow;
use bytes::Bytes;
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, Program, TargetValue, TimeZone};
use vrl::value::{ObjectMap, Secrets, Value};

/// The program `. = parse_aws_vpc_flow_log!(.message, …)`, compiled once.
pub(crate) struct VrlParser {
    program: Program,
    state: RuntimeState,
    target: TargetValue,
}

impl VrlParser {
    /// A parser of the lines under `header`.
    pub(crate) fn new(header: &str) -> anyhow::Result<Self> {
        let fields = header.replace('-', "_");
        let source = format!(". = parse_aws_vpc_flow_log!(.message, format: \"{fields}\")");
        let compiled = vrl::compiler::compile(&source, &vrl::stdlib::all())
            .map_err(|errors| anyhow!("VRL does not compile {source}: {errors:?}"))?;
        let target = TargetValue {
            value: Value::Null,
            metadata: Value::Object(BTreeMap::new()),
            secrets: Secrets::default(),
        };
        Ok(Self { program: compiled.program, state: RuntimeState::default(), target })
    }

    /// The sum of the lines' bytes; each line is an event with a `message`.
    pub(crate) fn sum_bytes(&mut self, lines: &[Bytes]) -> anyhow::Result<u64> {
        let timezone = TimeZone::default();
        let mut sum = 0;
        for line in lines {
            let message = ("message".into(), Value::Bytes(line.clone()));
            self.target.value = Value::Object(ObjectMap::from_iter([message]));
            let mut context = Context::new(&mut self.target, &mut self.state, &timezone);
            self.program.resolve(&mut context).map_err(|error| anyhow!("{error}"))?;
            let fields = self.target.value.as_object();
            if let Some(Value::Integer(bytes)) = fields.and_then(|fields| fields.get("bytes")) {
                sum += bytes.unsigned_abs();
            }
        }
        Ok(sum)
    }
}
