//! Messages of the server about changes.

use std::sync::{Arc, Weak};

use redis::aio::PubSub;
use redis::{Msg, RedisError, cmd};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_stream::StreamExt;

use super::backoff::Backoff;
use super::link::Link;
use super::script::CHECK;
use super::shared::Shared;
use crate::key::Key;

/// A connection for messages that comes back, and a look at the state now and then. It ends when
/// this is dropped.
#[derive(Debug)]
pub(super) struct Subscription {
    is_live: watch::Receiver<bool>,
    tasks: [AbortHandle; 2],
}

impl Subscription {
    pub(super) fn start(shared: &Arc<Shared>) -> Self {
        let (live, is_live) = watch::channel(false);
        let listening =
            Listening { shared: Arc::downgrade(shared), link: Arc::clone(&shared.link) };
        let looking = listening.clone();
        let listening = tokio::spawn(async move { listening.run(&live).await }).abort_handle();
        let looking = tokio::spawn(async move { looking.look_now_and_then().await }).abort_handle();
        Self { is_live, tasks: [listening, looking] }
    }

    /// Waits until changes are told, but not for long: when the server is away, who watches is
    /// told to read all again as soon as it is back.
    pub(super) async fn wait(&self, shared: &Shared) {
        let mut is_live = self.is_live.clone();
        let live = is_live.wait_for(|is_live| *is_live);
        if !matches!(timeout(shared.link.connector().timeout(), live).await, Ok(Ok(_))) {
            tracing::debug!("a watch begins before its server can be reached");
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// What the tasks have of the store, which ends without waiting for them.
#[derive(Clone)]
struct Listening {
    shared: Weak<Shared>,
    link: Arc<Link>,
}

impl Listening {
    async fn run(&self, live: &watch::Sender<bool>) {
        let mut backoff = Backoff::default();
        while let Some(channel) = self.shared.upgrade().map(|shared| shared.names.channel()) {
            match self.link.connector().subscribe(&channel).await {
                Ok(messages) => {
                    backoff.reset();
                    self.tell_to_resync();
                    live.send_replace(true);
                    let end = self.listen(messages).await;
                    live.send_replace(false);
                    tracing::warn!(end, "changes are not told by the Redis server for a while");
                }
                Err(error) => self.complain(&error),
            }
            sleep(backoff.next()).await;
        }
    }

    /// Hands on messages as long as there are any, and asks for a sign of life between them. Why
    /// there are no more.
    async fn listen(&self, messages: PubSub) -> &'static str {
        let (mut sink, mut messages) = messages.split();
        let patience = self.link.connector().timeout();
        let mut beat = interval(patience);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => self.tell(&message),
                    None => return "the connection is gone",
                },
                _ = beat.tick() => match timeout(patience, sink.ping::<()>()).await {
                    Ok(Ok(())) => {}
                    _ => return "there is no sign of life",
                },
            }
        }
    }

    fn tell(&self, message: &Msg) {
        let Some(shared) = self.shared.upgrade() else { return };
        let key =
            str::from_utf8(message.get_payload_bytes()).ok().and_then(|text| Key::new(text).ok());
        match key {
            Some(key) => shared.hub.tell(&key),
            None => tracing::debug!("a message that is no key came over the channel for changes"),
        }
    }

    fn tell_to_resync(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.hub.tell_to_resync();
        }
    }

    fn complain(&self, error: &RedisError) {
        let server = self.link.connector().server();
        tracing::debug!(server, %error, "changes are not told: the Redis server has no channel");
    }

    /// Finds out that data was lost, also when nothing else is asked for.
    async fn look_now_and_then(&self) {
        let mut beat = interval(self.link.connector().timeout());
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            let Some(shared) = self.shared.upgrade() else { return };
            let (seen, about) = (shared.life.seen(), shared.names.about());
            drop(shared);
            let mut look = cmd("HMGET");
            look.arg(about).arg("epoch").arg("revision");
            let found = self.link.read(&look, self.link.deadline(0)).await;
            let Some(shared) = self.shared.upgrade() else { return };
            let Ok((epoch, revision)) = found else { continue };
            let (epoch, revision): (Option<String>, Option<u64>) = (epoch, revision);
            shared.note(&seen, epoch.as_deref().unwrap_or_default(), revision.unwrap_or_default());
            if shared.life.is_behind() {
                shared.renew().await;
            }
        }
    }
}

impl Shared {
    /// Has all others see, too, that the state was put back to an earlier one.
    async fn renew(&self) {
        let Ok(call) = self.writing(&CHECK, &[], None) else { return };
        if let Err(error) = self.write(call, 0).await {
            tracing::debug!(%error, "the epoch cannot be renewed");
        }
    }
}
