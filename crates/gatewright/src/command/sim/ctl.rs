//! `gatewright sim ctl`: asks and steers a simulator that runs with `--control`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use gatewright_proto::message::order::Action;
use gatewright_sim::scenario::Span;
use gatewright_sim::{Answer, Fault, Request, SimError};
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::diagnosis::Diagnosis;
use crate::exit_code::Exit;
use crate::output::{self, Form};
use crate::runtime::block_on;

const EXAMPLES: &str = "\
Examples:
  gatewright sim --port 0 --control /tmp/sim.sock
  gatewright sim ctl --control /tmp/sim.sock fault on stall-new
  gatewright sim ctl --control /tmp/sim.sock fault off stall-new
  gatewright sim ctl --control /tmp/sim.sock faults
  gatewright sim ctl --control /tmp/sim.sock state --json
  gatewright sim ctl --control /tmp/sim.sock advance 1h
  gatewright sim ctl --control /tmp/sim.sock kick 7
  gatewright sim ctl --control /tmp/sim.sock order buy 10 AAPL 1.00
  gatewright sim ctl --control /tmp/sim.sock restart

The socket takes one JSON object a line, and answers {\"ok\":…} or {\"error\":\"…\"} in one line.";

/// Ask and steer a simulator that runs with --control
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CtlArgs {
    /// The socket that the simulator was given
    #[arg(long, value_name = "PATH")]
    control: PathBuf,

    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Switch a fault on or off
    Fault {
        /// `on` or `off`
        #[arg(value_enum)]
        switch: Switch,
        /// Which; see `gatewright sim --list-faults`
        #[arg(value_name = "NAME", value_parser = super::fault)]
        name: Fault,
    },
    /// List the faults, with whether they are on
    Faults {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show connections, orders, positions, and what was sent to whom
    State {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Let simulated time jump ahead, with everything that is due in it
    Advance {
        /// How far, such as 90s or 1h
        #[arg(value_name = "DURATION", value_parser = span)]
        span: Span,
    },
    /// Close a client's connections and free its id
    Kick {
        /// Its client id
        #[arg(value_name = "CLIENT")]
        client: i32,
    },
    /// Restart the Gateway, as its nightly restart does
    Restart,
    /// Place an order for a US stock as a person does at the Gateway; prints its permId
    Order {
        /// `buy` or `sell`
        #[arg(value_enum)]
        side: Side,
        /// How many shares
        quantity: Decimal,
        /// Of what
        symbol: String,
        /// The limit; without it a market order
        limit: Option<Decimal>,
    },
    /// Publish a news bulletin to every session that has asked for them
    Bulletin {
        /// Its text
        text: String,
    },
    /// Send a notice to every session
    Notice {
        /// IBKR's code
        #[arg(allow_negative_numbers = true)]
        code: i32,
        /// Its text
        text: String,
    },
}

/// Which way an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    /// Into the account
    Buy,
    /// Out of it
    Sell,
}

/// Where a switch is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// From now on
    On,
    /// No longer
    Off,
}

/// Runs the command.
pub(crate) fn run(args: CtlArgs) -> Result<Exit, Diagnosis> {
    let form = match args.what {
        What::Faults { json } | What::State { json } => Form::from_flag(json),
        What::Fault { .. }
        | What::Advance { .. }
        | What::Kick { .. }
        | What::Order { .. }
        | What::Restart
        | What::Bulletin { .. }
        | What::Notice { .. } => Form::Text,
    };
    let print: fn(&Value) = match args.what {
        What::Faults { .. } => print_faults,
        What::Order { .. } => |perm_id| output::line(perm_id),
        What::State { .. }
        | What::Fault { .. }
        | What::Advance { .. }
        | What::Kick { .. }
        | What::Restart
        | What::Bulletin { .. }
        | What::Notice { .. } => print_state,
    };
    let value = block_on(ask(args.control, args.what.into()))?;
    match form {
        Form::Json => output::json(&value),
        Form::Text if value.is_null() => {}
        Form::Text => print(&value),
    }
    Ok(Exit::Success)
}

async fn ask(path: PathBuf, request: Request) -> Result<Value, Diagnosis> {
    let failed = |error: std::io::Error| {
        Diagnosis::internal("the simulator does not answer", error)
            .with_help(format!("Start it with `gatewright sim --control {}`.", path.display()))
    };
    let mut stream = UnixStream::connect(&path).await.map_err(failed)?;
    let mut line = serde_json::to_string(&request).expect("a request has text keys");
    line.push('\n');
    stream.write_all(line.as_bytes()).await.map_err(failed)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await.map_err(failed)?;
    match serde_json::from_str(&answer).map_err(|error| failed(error.into()))? {
        Answer::Ok(value) => Ok(value),
        Answer::Error(problem) => Err(Diagnosis::new(Exit::Internal, format!("the simulator says: {problem}"))),
    }
}

impl From<What> for Request {
    fn from(what: What) -> Self {
        match what {
            What::Fault { switch, name } => Self::Fault { name, on: switch == Switch::On },
            What::Faults { .. } => Self::Faults {},
            What::State { .. } => Self::State {},
            What::Advance { span } => Self::Advance { span },
            What::Kick { client } => Self::Kick { client },
            What::Order { side, quantity, symbol, limit } => {
                let action = if side == Side::Buy { Action::Buy } else { Action::Sell };
                Self::Order { action, quantity, symbol, limit }
            }
            What::Restart => Self::Restart {},
            What::Bulletin { text } => Self::Bulletin { text },
            What::Notice { code, text } => Self::Notice { code, text },
        }
    }
}

fn print_faults(value: &Value) {
    let rows = value.as_array().into_iter().flatten().map(|fault| {
        let on = if fault["on"] == true { "on" } else { "" };
        vec![text(&fault["name"]), on.to_owned(), text(&fault["sees"])]
    });
    output::line(output::table(&["FAULT", "ON", "WHAT A CLIENT SEES"], rows, &[]).trim_end());
}

fn print_state(value: &Value) {
    let faults: Vec<String> = value["faults"].as_array().into_iter().flatten().map(text).collect();
    output::line(format_args!("time    {}", text(&value["now"])));
    let listening = &value["listening"];
    output::line(format_args!("port    {}", if listening.is_null() { "closed".into() } else { text(listening) }));
    output::line(format_args!("faults  {}", if faults.is_empty() { "none".into() } else { faults.join(", ") }));
    let count = |list: &str| value[list].as_array().map_or(0, Vec::len);
    let (open, done, executed) = (count("open_orders"), count("completed_orders"), count("executions"));
    output::line(format_args!("orders  {open} open, {done} done, {executed} executions"));
    let rows = value["connections"].as_array().into_iter().flatten().map(|connection| {
        let total =
            |map: &Value| -> u64 { map.as_object().map_or(0, |map| map.values().filter_map(Value::as_u64).sum()) };
        let client = if connection["client"].is_null() { "-".into() } else { text(&connection["client"]) };
        vec![
            text(&connection["connection"]),
            client,
            text(&connection["stage"]),
            text(&connection["peer"]),
            total(&connection["received"]).to_string(),
            total(&connection["sent"]).to_string(),
        ]
    });
    let head = ["CONNECTION", "CLIENT", "STAGE", "FROM", "RECEIVED", "SENT"];
    output::line(output::table(&head, rows, &[]).trim_end());
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn span(text: &str) -> Result<Span, String> {
    text.parse().map_err(|error: SimError| error.to_string())
}
