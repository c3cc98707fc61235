//! The templates of a collector, for its session and for people.

use weir_ipfix::element::ELEMENTS;
use weir_ipfix::{
    FieldSpecifier, Layout, LayoutPair, PackError, Packer, PackerOptions, Projection,
};

use crate::address::Transport;
use crate::collector_config::CollectorConfig;
use crate::rate_limiter::RateLimiter;
use crate::report::{TemplateElement, TemplateStatus};
use crate::segmentation::{can_segment, is_worth_segmenting};

/// A packer with the templates of both layouts. `padded` when messages are filled up.
pub(crate) fn packer(
    config: &CollectorConfig,
    layouts: &LayoutPair,
    padded: bool,
) -> Result<Packer, PackError> {
    let mut packer = Packer::new(PackerOptions {
        max_message_length: config.max_packet_size,
        max_records_per_message: RateLimiter::new(config.records_per_second).max_records_at_once(),
        template_interval: config.template_interval,
        padded,
    });
    for layout in [&layouts.v4, &layouts.v6] {
        packer.add_template(layout, projection(config, layout))?;
    }
    // The layout of IPv4 has all of weir's own elements; that of IPv6 has no others.
    packer.describe(layouts.v4.elements(), layouts.enterprise_number());
    Ok(packer)
}

/// The elements of `layout` that the collector gets.
pub(crate) fn projection(config: &CollectorConfig, layout: &Layout) -> Projection {
    match &config.elements {
        Some(elements) => Projection::of_elements(layout, |element| elements.contains(element)),
        None => Projection::whole(layout),
    }
}

/// The templates that the collector gets.
pub(crate) fn templates(
    config: &CollectorConfig,
    layouts: &LayoutPair,
) -> Result<Vec<TemplateStatus>, PackError> {
    let is_padded = config.address.transport == Transport::Udp && is_worth_segmenting(config);
    let packer = packer(config, layouts, is_padded && can_segment())?;
    let collector = config.address.to_string();
    let status = packer.templates().map(|(id, layout, specifiers)| TemplateStatus {
        collector: collector.clone(),
        layout,
        id,
        elements: specifiers.iter().map(|specifier| element(specifier, layouts)).collect(),
    });
    Ok(status.collect())
}

fn element(specifier: &FieldSpecifier, layouts: &LayoutPair) -> TemplateElement {
    let FieldSpecifier { enterprise_number, id, length } = *specifier;
    let own = layouts.enterprise_number();
    // IPv6 addresses are in one layout, the rest in both; paddingOctets is in none.
    let known = layouts.v4.elements().iter().chain(layouts.v6.elements()).chain(ELEMENTS);
    let name = known.clone().find(|element| {
        let specifier = element.specifier(own);
        (specifier.enterprise_number, specifier.id) == (enterprise_number, id)
    });
    TemplateElement { name: name.map_or("", |element| element.name), enterprise_number, id, length }
}
