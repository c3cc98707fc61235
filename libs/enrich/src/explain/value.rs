//! The values of a record as text.

use weir_ipfix::{InformationElement, RecordView, Slot, element as ie};

/// The value of each element in the layout's order, as the JSON output writes it; `None` when it
/// is absent.
pub(super) fn values_of(record: RecordView<'_>) -> Vec<Option<String>> {
    let layout = record.layout();
    let fixed = layout.elements().iter().zip(layout.slots());
    let fixed = fixed.map(|(element, slot)| fixed_value(&record, element, *slot));
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let strings = record.strings().map(|each| (!each.is_empty()).then(|| text(each)));
    fixed.chain(strings).collect()
}

fn fixed_value(
    record: &RecordView<'_>,
    element: &InformationElement,
    slot: Slot,
) -> Option<String> {
    use weir_ipfix::DataType::{DateTimeMilliseconds, Ipv4Address, Ipv6Address};
    if matches!(element.data_type, Ipv4Address | Ipv6Address) {
        return Some(record.address(slot)?.to_string());
    }
    let number = record.unsigned(slot)?;
    Some(match *element {
        ie::FORWARDING_STATUS => action(number).to_owned(),
        _ if element.data_type == DateTimeMilliseconds => (number / 1000).to_string(),
        _ => number.to_string(),
    })
}

/// AWS's word for a forwardingStatus: the two high bits are 01 for forwarded (IANA).
fn action(status: u64) -> &'static str {
    if status >> 6 == 1 { "ACCEPT" } else { "REJECT" }
}
