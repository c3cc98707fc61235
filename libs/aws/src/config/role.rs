//! One of `[[aws.roles]]`.

use weir_runtime::config::Section;

use crate::role::Role;

pub(super) fn read(section: &mut Section<'_>) -> Option<Role> {
    section.require("arn", "the role's ARN, such as arn:aws:iam::123456789012:role/NAME");
    let arn = section.text("arn", str::parse);
    let external_id = section.text("external_id", str::parse);
    let name = section.text("name", super::account_name);
    Some(Role { arn: arn?, external_id, name })
}
