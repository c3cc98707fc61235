//! A JSON document of a subscription, read without a value for each event.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::delivery::{Delivered, RecordList};
use super::events::{Events, Head, hash_of_id};

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A batch of log events.
    Data,
    /// A probe of CloudWatch Logs.
    Control,
    /// One message by itself.
    Message,
    /// Records that Firehose delivers.
    Delivery,
    /// Something else.
    Unknown,
}

/// Reads the next document into `head` and `events`, or `delivered`.
pub(super) fn read<'de, D: Deserializer<'de>>(
    from: D,
    head: &mut Head,
    events: &mut Events,
    delivered: &mut Delivered,
) -> Result<Kind, D::Error> {
    from.deserialize_map(Document { head, events, delivered })
}

struct Document<'a> {
    head: &'a mut Head,
    events: &'a mut Events,
    delivered: &'a mut Delivered,
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a batch of log events")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let (mut kind, mut has_events, mut has_message) = (Kind::Unknown, false, false);
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match key {
                Key::MessageType => kind = map.next_value_seed(KindSeed)?,
                Key::Owner => map.next_value_seed(Text(&mut self.head.owner))?,
                Key::LogGroup => map.next_value_seed(Text(&mut self.head.log_group))?,
                Key::LogStream => map.next_value_seed(Text(&mut self.head.log_stream))?,
                Key::LogEvents => {
                    has_events = true;
                    map.next_value_seed(EventList(self.events))?;
                }
                Key::Message => {
                    has_message = true;
                    map.next_value_seed(Message(self.events))?;
                    if kind == Kind::Unknown {
                        kind = Kind::Message;
                    }
                }
                Key::Records => {
                    map.next_value_seed(RecordList(self.delivered))?;
                    if kind == Kind::Unknown {
                        kind = Kind::Delivery;
                    }
                }
                Key::Id | Key::Data | Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        // A batch without events or with a message beside them, or events without a type, is none that
        // CloudWatch Logs sends.
        Ok(match kind {
            Kind::Data if !has_events || has_message => Kind::Unknown,
            Kind::Message | Kind::Delivery if has_events => Kind::Unknown,
            kind => kind,
        })
    }
}

/// The keys that mean something.
#[derive(Clone, Copy)]
pub(super) enum Key {
    MessageType,
    Owner,
    LogGroup,
    LogStream,
    LogEvents,
    Message,
    Id,
    Records,
    Data,
    Other,
}

pub(super) struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(match key {
            "messageType" => Key::MessageType,
            "owner" => Key::Owner,
            "logGroup" => Key::LogGroup,
            "logStream" => Key::LogStream,
            "logEvents" => Key::LogEvents,
            "message" => Key::Message,
            "id" => Key::Id,
            "records" => Key::Records,
            "data" => Key::Data,
            _ => Key::Other,
        })
    }
}

struct KindSeed;

impl<'de> DeserializeSeed<'de> for KindSeed {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Kind, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for KindSeed {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DATA_MESSAGE or CONTROL_MESSAGE")
    }

    fn visit_str<E>(self, kind: &str) -> Result<Kind, E> {
        Ok(match kind {
            "DATA_MESSAGE" => Kind::Data,
            "CONTROL_MESSAGE" => Kind::Control,
            _ => Kind::Unknown,
        })
    }
}

/// A text that is copied into memory that is there.
struct Text<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.clear();
        self.0.push_str(text);
        Ok(())
    }
}

/// A message by itself.
struct Message<'a>(&'a mut Events);

impl<'de> DeserializeSeed<'de> for Message<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Message<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line")
    }

    fn visit_str<E>(self, message: &str) -> Result<(), E> {
        self.0.push(0, message);
        Ok(())
    }
}

struct EventList<'a>(&'a mut Events);

impl<'de> DeserializeSeed<'de> for EventList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for EventList<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of log events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while events.next_element_seed(EventSeed(self.0))?.is_some() {}
        Ok(())
    }
}

struct EventSeed<'a>(&'a mut Events);

impl<'de> DeserializeSeed<'de> for EventSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EventSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut id, mut has_message) = (0, false);
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match key {
                Key::Id => id = map.next_value_seed(Id)?,
                Key::Message => {
                    has_message = true;
                    map.next_value_seed(Message(self.0))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if has_message {
            self.0.set_last_id(id);
        }
        Ok(())
    }
}

/// An event's id: a text, or a number from simulators.
struct Id;

impl<'de> DeserializeSeed<'de> for Id {
    type Value = u128;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<u128, D::Error> {
        from.deserialize_any(self)
    }
}

impl Visitor<'_> for Id {
    type Value = u128;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event's id")
    }

    fn visit_str<E>(self, id: &str) -> Result<u128, E> {
        Ok(hash_of_id(id))
    }

    fn visit_u64<E>(self, id: u64) -> Result<u128, E> {
        // As its text, so that both forms of an id are the same.
        let mut digits = itoa::Buffer::new();
        Ok(hash_of_id(digits.format(id)))
    }

    fn visit_f64<E>(self, _: f64) -> Result<u128, E> {
        // A number of so many digits is not exact: two events might seem to be one.
        Ok(0)
    }

    fn visit_i64<E>(self, _: i64) -> Result<u128, E> {
        Ok(0)
    }

    fn visit_unit<E>(self) -> Result<u128, E> {
        Ok(0)
    }
}
