//! A program that speaks the TWS API, as small as one can be, for what no story of a foreign client tells.

use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action, Order, PlaceOrder};
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, OrderId, ServerGreeting, ServerMessage, ServerVersion,
    VersionRange,
};

use crate::patience::GIVE_UP_AFTER;

/// What it offers: the newest versions that are text in both directions.
const VERSIONS: VersionRange = VersionRange::new(157, 178);

/// A program with a session. Dropped, its connection ends.
pub(crate) struct ApiClient {
    stream: TcpStream,
    decoder: FrameDecoder,
    speaks: ServerVersion,
    /// What it may use for its next order.
    pub(crate) next_order_id: OrderId,
}

impl ApiClient {
    /// Connects, and waits for its next valid id.
    pub(crate) fn connect(address: &str, client_id: i32) -> Self {
        let mut client = Self::begin(address, client_id);
        client.next_order_id = client
            .hear(|message| if let ServerMessage::NextValidId(next) = message { Some(next.order_id) } else { None });
        client
    }

    /// Connects as far as saying who it is.
    pub(crate) fn begin(address: &str, client_id: i32) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(GIVE_UP_AFTER)).unwrap();
        let mut out = BytesMut::new();
        ClientGreeting { versions: VERSIONS, options: String::new() }.encode(&mut out);
        stream.write_all(&out).unwrap();
        let mut decoder = FrameDecoder::default();
        let greeting = ServerGreeting::decode(&next_frame(&mut stream, &mut decoder)).unwrap();
        let mut client = Self { stream, decoder, speaks: greeting.version, next_order_id: OrderId::new(0) };
        let start = StartApi { client_id: ClientId::new(client_id), optional_capabilities: String::new() };
        client.say(&ClientMessage::StartApi(start));
        client
    }

    /// Sends a message.
    pub(crate) fn say(&mut self, message: &ClientMessage) {
        let mut out = BytesMut::new();
        message.encode(&mut out, self.speaks).unwrap();
        self.stream.write_all(&out).unwrap();
    }

    /// Reads until the connection has ended.
    pub(crate) fn until_closed(mut self) {
        let mut chunk = [0; 4096];
        while self.stream.read(&mut chunk).expect("the proxy ends it in time") > 0 {}
    }

    /// Places an order for a hundred shares, far below the market.
    pub(crate) fn place(&mut self, id: OrderId) {
        let order = Order {
            action: Action::Buy,
            total_quantity: 100.into(),
            order_type: "LMT".into(),
            lmt_price: Some(1.into()),
            ..Order::default()
        };
        self.say(&ClientMessage::PlaceOrder(Box::new(PlaceOrder::new(id, Contract::stock("AAPL"), order))));
    }

    /// Reads until a message is what is looked for.
    pub(crate) fn hear<T>(&mut self, mut wanted: impl FnMut(&ServerMessage) -> Option<T>) -> T {
        loop {
            let frame = next_frame(&mut self.stream, &mut self.decoder);
            if let Ok(message) = ServerMessage::decode(&frame, self.speaks)
                && let Some(found) = wanted(&message)
            {
                return found;
            }
        }
    }

    /// Reads until an error with that id and code, and returns its text.
    pub(crate) fn hear_error(&mut self, id: i32, code: i32) -> String {
        self.hear(|message| {
            let ServerMessage::Error(error) = message else { return None };
            ((error.id.get(), error.code) == (id, code)).then(|| error.text.clone())
        })
    }
}

fn next_frame(stream: &mut TcpStream, decoder: &mut FrameDecoder) -> Bytes {
    loop {
        if let Some(frame) = decoder.next_frame().unwrap() {
            return frame;
        }
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).expect("the proxy says something in time");
        assert!(length > 0, "the connection has ended");
        decoder.extend(&chunk[..length]);
    }
}
