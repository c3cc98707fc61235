//! An owned picture of what the parser shows.

use std::net::IpAddr;

use weir_flowlog::{
    Action, BlockParser, Direction, Field, FlowLine, Line, LogFormat, NoFlow, RejectReason,
};

/// All that can be asked of a flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Flow {
    pub(crate) texts: Vec<(Field, Vec<u8>)>,
    pub(crate) numbers: Vec<(Field, u64)>,
    pub(crate) addresses: Vec<(Field, IpAddr)>,
    pub(crate) action: Option<Action>,
    pub(crate) direction: Option<Direction>,
    pub(crate) is_ipv6: bool,
}

impl Flow {
    pub(crate) fn of(line: &FlowLine<'_>) -> Flow {
        let fields = || Field::ALL.into_iter();
        let flow = Flow {
            texts: fields().filter_map(|f| Some((f, line.text(f)?.to_vec()))).collect(),
            numbers: fields().filter_map(|f| Some((f, line.number(f)?))).collect(),
            addresses: fields().filter_map(|f| Some((f, line.address(f)?))).collect(),
            action: line.action(),
            direction: line.direction(),
            is_ipv6: line.is_ipv6(),
        };
        assert!(line.present().iter().eq(flow.texts.iter().map(|(field, _)| *field)));
        flow
    }
}

/// What a line holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown {
    Flow(Flow),
    WithoutFlow(NoFlow),
    Rejected(RejectReason, Vec<u8>),
}

/// Everything that the parser shows of a text, with the lines' places.
pub(crate) fn parse(format: &LogFormat, text: &[u8]) -> Vec<(usize, Shown)> {
    let mut shown = Vec::new();
    BlockParser::new().parse(format, text, |outcome| {
        let line = match outcome.line {
            Line::Flow(flow) => Shown::Flow(Flow::of(flow)),
            Line::WithoutFlow(no_flow) => Shown::WithoutFlow(no_flow),
            Line::Rejected { reason, text } => Shown::Rejected(reason, text.to_vec()),
        };
        shown.push((outcome.index, line));
    });
    shown
}
