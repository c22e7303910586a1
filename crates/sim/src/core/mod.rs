//! The simulated Gateway without a clock, sockets or tasks: `handle_*` in, `poll_*` out.
//!
//! - `instant` – a moment of simulated time
//! - `action` – what the shell has to do
//! - `world` – the whole as one value
//! - `agenda` – everything that is due later
//! - `outbox` – bytes on their way to a client
//! - `connection` – one connection and its session
//! - `greeting` – from the first byte to a session
//! - `dispatch` – from a request to what answers it
//! - `family` – requests by what they are about
//! - `refusal` – errors, notices and what is not supported
//! - `markets` – which instruments there are, what they cost, and when they trade
//! - `contracts` – contract details
//! - `ticks` – tick streams and snapshots
//! - `generic_ticks` – what streams carry beside prices and sizes
//! - `day` – an instrument's trading day so far
//! - `history` – historical bars
//! - `bar_request` – the words of historical requests
//! - `depth` – order books
//! - `past_ticks` – ticks of the past, how far data goes back, histograms
//! - `options` – option chains and what the model says of options
//! - `directory` – symbols, rules, exchanges and other small lists
//! - `news` – news
//! - `bulletins` – bulletins
//! - `scanner` – scanners
//! - `display_groups` – windows of TWS that clients watch
//! - `settings` – the Gateway's own settings over the API
//! - `tick_by_tick` – every single tick
//! - `real_time` – five-second bars
//! - `ledger` – cash, positions and profit, to the cent
//! - `valuation` – an account's values at the market's prices
//! - `account` – account values, summaries and positions for clients
//! - `book` – every order, and every execution
//! - `conditions` – what orders wait for
//! - `pegging` – orders whose price follows the quote
//! - `order_type` – what kinds of orders there are
//! - `charges` – commissions, multipliers and margins
//! - `hours` – when orders may trade
//! - `checking` – whether an order can be taken
//! - `placing` – orders placed and sent on
//! - `waiting` – orders that do not work yet, and when they end by themselves
//! - `modifying` – orders modified
//! - `preview` – what an order would cost
//! - `exercising` – options exercised, left to lapse, ended
//! - `cancelling` – orders cancelled
//! - `groups` – parents, children and one-cancels-all groups
//! - `binding` – orders of people, client 0 and the master client
//! - `verdict` – what the market makes of an order
//! - `liquidity` – what is left of the sizes on show
//! - `matching` – orders against the market
//! - `filling` – what a fill does
//! - `profit` – profit and loss
//! - `profit_streams` – profit and loss for clients
//! - `reports` – order messages and open orders
//! - `day_reports` – completed orders and executions
//! - `judging` – what becomes of a message: rules, scenarios, faults
//! - `misbehaving` – faults of single messages
//! - `pacing` – limits of messages, streams and historical requests
//! - `parting` – who is turned away, who waits, whose end is not noticed
//! - `outage` – connectivity and farms
//! - `restarting` – faults that are switched, restarts, the door
//! - `trouble` – what faults and rules have to remember
//! - `survey` – the whole state as plain data

mod account;
mod action;
mod agenda;
mod bar_request;
mod binding;
mod book;
mod bulletins;
mod cancelling;
mod charges;
mod checking;
mod conditions;
mod connection;
mod contracts;
mod day;
mod day_reports;
mod depth;
mod directory;
mod dispatch;
mod display_groups;
mod exercising;
mod family;
mod filling;
mod generic_ticks;
mod greeting;
mod groups;
mod history;
mod hours;
mod instant;
mod judging;
mod ledger;
mod liquidity;
mod markets;
mod matching;
mod misbehaving;
mod modifying;
mod news;
mod options;
mod order_type;
mod outage;
mod outbox;
mod pacing;
mod parting;
mod past_ticks;
mod pegging;
mod placing;
mod preview;
mod profit;
mod profit_streams;
mod real_time;
mod refusal;
mod reports;
mod restarting;
mod scanner;
mod settings;
mod survey;
mod tick_by_tick;
mod ticks;
mod trouble;
mod valuation;
mod verdict;
mod waiting;
mod world;

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one kind of message among all")]
mod tests;

pub use action::{Action, ConnId, How};
pub use instant::SimInstant;
pub use profit::{PositionProfit, Profit};
pub use restarting::Entrance;
pub use world::World;
