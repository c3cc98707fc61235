//! Links that break: what is on its way is lost, and both ends see an error.

use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use weir_rpc::link::{Incoming, ReceiverEnd, SenderEnd, in_process};

use crate::Parcel;

/// A link inside this process that breaks once `broken` is cancelled.
pub(crate) fn breakable(broken: &CancellationToken) -> (SenderEnd<Parcel>, ReceiverEnd<Parcel>) {
    let (mut sender, mut receiver) = in_process();
    sender.responses = until_broken(sender.responses, broken.clone());
    receiver.requests = until_broken(receiver.requests, broken.clone());
    (sender, receiver)
}

fn until_broken<M: Send + 'static>(
    messages: Incoming<M>,
    broken: CancellationToken,
) -> Incoming<M> {
    Box::pin(stream::unfold(Some((messages, broken)), |state| async move {
        let (mut messages, broken) = state?;
        tokio::select! {
            biased;
            () = broken.cancelled() => Some((Err(Status::unavailable("the link is broken")), None)),
            message = messages.next() => message.map(|message| (message, Some((messages, broken)))),
        }
    }))
}
