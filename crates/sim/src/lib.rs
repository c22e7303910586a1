//! A simulated Interactive Brokers Gateway that unmodified TWS API clients connect to, trade on, and see fail.
//!
//! It speaks the text protocol up to server version 200 and protobuf up to 226 with any client, keeps accounts, orders
//! and a synthetic market that add up to the cent, and misbehaves on request: see [`Fault`]. The same seed and the same
//! inputs give the same bytes.
//!
//! What it does not do: it knows nothing of Gatewright's own clients, it reads no market data, and it never talks to
//! IBKR. Known differences from a real Gateway: markets never close unless [`MarketHours::Real`] is asked for, prices,
//! news and most contract numbers are invented, options are priced by a model without dividends, and currency
//! trades are kept as positions against dollars. What is not supported is answered by an error, never by silence.
//!
//! ```no_run
//! use gatewright_sim::{Fault, SimConfig, Simulator};
//!
//! # async fn example() -> Result<(), gatewright_sim::SimError> {
//! let simulator = Simulator::start(SimConfig { seed: 7, ..SimConfig::default() }).await?;
//! // Point any TWS API client at this address.
//! println!("listening on {}", simulator.addr());
//!
//! // From now on new connections stall, as in the field's most reported failure.
//! simulator.set_fault(Fault::AcceptSilent).await?;
//!
//! // The state is plain data.
//! let state = simulator.snapshot().await?;
//! assert_eq!(state.close_wait, 0);
//! simulator.stop().await
//! # }
//! ```
//!
//! Tests that need no sockets drive [`core::World`] themselves: bytes and moments in, actions and deadlines out.
//!
//! - `config` – what a simulated Gateway is like
//! - `fault` – the ways in which it misbehaves
//! - [`recording`] – every byte of every connection, and playing it back
//! - [`scenario`] – what is to happen and when: files and rules
//! - [`core`] – the Gateway without clock and sockets
//! - `market` – prices: synthetic, recorded, modelled
//! - `calendar` – when markets are open
//! - `catalogue` – the instruments
//! - `new_york` – the Gateway's civil time
//! - `server` – the world on real sockets and a real clock
//! - `service` – what it does with each kind of message
//! - `snapshot` – the state as plain data
//! - `error` – what can go wrong

mod calendar;
mod catalogue;
mod config;
pub mod core;
mod error;
mod fault;
mod market;
mod new_york;
pub mod recording;
pub mod scenario;
mod server;
mod service;
mod snapshot;

pub use catalogue::Listing;
pub use config::{MarketHours, SimConfig, Start};
pub use error::SimError;
pub use fault::{Fault, FaultSet, Parameters, TurnedAway};
pub use market::PriceRecording;
pub use scenario::{Scenario, scenario_schema};
pub use server::{Answer, Control, ControlSocket, Replay, Replayed, Request, Simulator};
pub use service::{Service, service, services};
pub use snapshot::{AccountSnapshot, ConnectionSnapshot, OrderSnapshot, PositionSnapshot, Snapshot};
