//! Pages of the configured accounts.

use tonic::Status;
use weir_rpc::pb;
use weir_rpc::status::{PageToken, page_size};

use super::book::Book;
use super::entry;

/// The accounts of the file, then those of the run time; each profiles first.
pub(super) fn page(
    book: &Book<'_>,
    asked: &pb::AccountServiceListAccountsRequest,
) -> Result<pb::AccountServiceListAccountsResponse, Status> {
    let aws = &book.file.aws;
    let profiles = aws.profiles.iter().enumerate();
    let profiles = profiles.map(|(place, each)| entry::of_file_profile(place, each));
    let roles = aws.roles.iter().map(|role| entry::of_role(role, false));
    let added = book.profiles();
    let added = added.into_iter().map(|(each, key)| entry::of_stored_profile(each, key.err()));
    let added_roles = book.roles();
    let added_roles = added_roles.iter().map(|role| entry::of_role(role, true));
    let accounts: Vec<_> = profiles.chain(roles).chain(added).chain(added_roles).collect();

    let tokens = PageToken::of("weir.v1.AccountService/ListAccounts", &[]);
    let start = tokens.read(&asked.page_token)?.and_then(|at| at.parse().ok()).unwrap_or(0);
    let end = start + page_size(asked.page_size, 100, 1000);
    let next_page_token =
        if end < accounts.len() { tokens.write(&end.to_string()) } else { String::new() };
    let accounts = accounts.into_iter().skip(start).take(end - start).collect();
    Ok(pb::AccountServiceListAccountsResponse { accounts, next_page_token })
}
