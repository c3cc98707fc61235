//! Template ids: derived from the content, and never the same for two templates of a session.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]

mod support;

use std::collections::HashMap;
use std::time::Duration;

use support::{PEN, Sample, group, layouts, limited_to, take_messages};
use weir_ipfix::decode::Decoder;
use weir_ipfix::element::PROTOCOL_IDENTIFIER;
use weir_ipfix::{InformationElement, Layout, Packer, Projection};

/// The id under which each projection's records come, in order.
fn template_ids(projections: &[(&Layout, Projection)]) -> Vec<u16> {
    let mut packer = Packer::new(limited_to(1420));
    for (layout, projection) in projections {
        packer.add_template(layout, projection.clone()).expect("fits");
    }
    for (layout, _) in projections {
        let records = group(layout, 7, &[Sample::of_length(layout, 1)]);
        packer.pack(&records, layout, Duration::ZERO).expect("packs");
    }
    packer.flush();
    let mut ids = Vec::new();
    let mut decoder = Decoder::new(PEN);
    for (message, _) in take_messages(&mut packer) {
        let decoded = decoder.decode(0, &message, |record| ids.push(record.template_id));
        decoded.expect("is well formed");
    }
    ids
}

#[test]
fn template_ids_depend_on_the_content_alone() {
    let [v4, v6] = layouts();
    let whole = [(&v4, Projection::whole(&v4)), (&v6, Projection::whole(&v6))];
    let ids = template_ids(&whole);
    assert_eq!(ids, template_ids(&whole));
    assert!(ids.iter().all(|id| *id >= 256) && ids[0] != ids[1]);
    let [first, second] = whole;
    assert_eq!(template_ids(&[second, first]), [ids[1], ids[0]]);
    let fewer = Projection::of_elements(&v4, |element| *element != PROTOCOL_IDENTIFIER);
    assert_ne!(template_ids(&[(&v4, fewer)])[0], ids[0]);
}

/// Looks for two projections with the same id: among 400 and 400 there are some.
#[test]
fn projections_whose_ids_clash_get_different_ids() {
    let [v4, v6] = layouts();
    let choices = |layout: &Layout| -> Vec<(u16, Projection)> {
        let projections = (1u32..=400).map(|choice| {
            let position = |element: &InformationElement| {
                layout.elements().iter().position(|each| each == element).expect("its own")
            };
            Projection::of_elements(layout, |element| choice >> (position(element) % 9) & 1 == 1)
        });
        projections
            .map(|projection| (template_ids(&[(layout, projection.clone())])[0], projection))
            .collect()
    };
    let of_v4: HashMap<u16, Projection> = choices(&v4).into_iter().collect();
    let clashes: Vec<_> = choices(&v6)
        .into_iter()
        .filter_map(|(id, second)| Some((id, of_v4.get(&id)?.clone(), second)))
        .filter(|(_, first, second)| first.specifiers() != second.specifiers())
        .collect();
    assert!(!clashes.is_empty(), "no clash to try");
    for (id, first, second) in clashes {
        let next = id.checked_add(1).unwrap_or(256);
        assert_eq!(template_ids(&[(&v4, first), (&v6, second)]), [id, next]);
    }
}
