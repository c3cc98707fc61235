//! How messages become octets: as tonic's own codec does, with memory that is taken once.

use std::marker::PhantomData;

use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, EncodeBuf, Encoder};
use tonic_prost::ProstCodec;

/// A codec for large messages. tonic's own starts with 8 KiB and doubles that, which copies half
/// of a batch or more once again.
#[derive(Debug)]
pub struct BatchCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for BatchCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Message + Send + 'static, U: Message + Default + Send + 'static> Codec
    for BatchCodec<T, U>
{
    type Encode = T;
    type Decode = U;
    type Encoder = BatchEncoder<T>;
    type Decoder = <ProstCodec<T, U> as Codec>::Decoder;

    fn encoder(&mut self) -> BatchEncoder<T> {
        BatchEncoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<T, U>::raw_decoder(BufferSettings::default())
    }
}

/// Takes all the memory that a message needs before it writes it.
#[derive(Debug)]
pub struct BatchEncoder<T>(PhantomData<T>);

impl<T: Message> Encoder for BatchEncoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, item: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.reserve(item.encoded_len());
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}
