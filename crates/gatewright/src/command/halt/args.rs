//! The arguments.

use clap::Args;
use gatewright_journal::HaltScope;

use crate::cli::MoneyArgs;
use crate::command::journal::{JournalArgs, ZoneArgs};
use crate::endpoint::Endpoint;

const EXAMPLES: &str = "\
Examples:
  gatewright halt                            no order goes out from now on
  gatewright halt --reason \"the feed is wrong\"
  gatewright halt --cancel-open              and cancel what this journal's traders have open
  gatewright halt --flatten                  and close what they hold, by market orders
  gatewright halt --flatten --everything     the same for the whole account, also what people and other programs did
  gatewright halt --flatten --yes --json --state ~/bot --gateway 127.0.0.1:4002

First the halt is written to the journal: from then on no order is sent by any trader with this journal, whatever else
fails. It outlives every restart and is ended by `gatewright resume --reason TEXT` alone.
Then, if asked for, a worker connects as client 9990 (or the first free one up to 9997; give these to no trader), so it
works while the trader's own client id is taken, and when the trader is dead. Orders: where only this journal's orders are
open, all are cancelled at once; where others are open too, each is cancelled as the client that placed it, which works
once its trader has ended, or --everything cancels all. Positions: what this journal's fills explain, and no more than the
Gateway shows; one market order each, through the journal, once nothing is open in it. Paper unless --live and --account.

Exit codes: 0 all of it was done, 1 the halt could not be written, 28 halted, but the rest was not done or not
completely, 30 halted, but live trading was not asked for.";

/// Halt trading: no order is sent any more, by any trader with this journal
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HaltArgs {
    /// Why; it stands in the journal for good
    #[arg(long, value_name = "TEXT", default_value = "halted by hand")]
    pub(super) reason: String,

    /// Cancel open orders as well
    #[arg(long)]
    pub(super) cancel_open: bool,

    /// Close positions as well, by market orders; cancels open orders first
    #[arg(long)]
    pub(super) flatten: bool,

    /// Also orders and positions of people and other programs, not only those of this journal
    #[arg(long)]
    pub(super) everything: bool,

    /// Do not ask on the terminal before cancelling and closing
    #[arg(long, short)]
    pub(super) yes: bool,

    /// Report as one JSON value on standard output
    #[arg(long)]
    pub(super) json: bool,

    /// The Gateway's API port [env: GATEWRIGHT_GATEWAY] [default: 127.0.0.1:4002]
    #[arg(long, value_name = "HOST:PORT", help_heading = "Gateway")]
    pub(super) gateway: Option<Endpoint>,

    #[command(flatten)]
    pub(super) money: MoneyArgs,

    #[command(flatten)]
    pub(super) zone: ZoneArgs,

    #[command(flatten)]
    pub(super) journal: JournalArgs,
}

impl HaltArgs {
    /// How far the halt is to go.
    pub(super) fn scope(&self) -> HaltScope {
        match (self.flatten, self.cancel_open) {
            (true, _) => HaltScope::Flatten,
            (false, true) => HaltScope::CancelOpen,
            (false, false) => HaltScope::NewOrders,
        }
    }
}
