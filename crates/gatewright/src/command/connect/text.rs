//! A ready session for a person.

use std::fmt::Write as _;

use gatewright_proto::is_paper_account;
use gatewright_proto::message::account::Position;

use crate::command::connect::outcome::Ready;
use crate::output::{self, Paint, milliseconds};

/// What a ready session brought.
pub(super) fn ready(ready: &Ready, paint: Paint) -> String {
    let mut text = format!("{}\n\n", paint.good(format_args!("Ready in {}", milliseconds(ready.total_ms))));
    let accounts: Vec<String> = ready
        .accounts
        .iter()
        .map(
            |account| {
                if is_paper_account(account) { format!("{account} (paper)") } else { format!("{account} (LIVE)") }
            },
        )
        .collect();
    let _ = writeln!(text, "  server version  {}", ready.server_version);
    let _ = writeln!(text, "  accounts        {}", accounts.join(", "));
    match ready.positions.as_deref() {
        None => text.push_str("  positions       not asked for (--sync)\n"),
        Some([]) => text.push_str("  positions       none\n"),
        Some(positions) => {
            let _ = write!(text, "  positions       {}\n\n{}", positions.len(), table(positions));
        }
    }
    for warning in &ready.warnings {
        let _ = writeln!(text, "\n{}", paint.doubtful(format_args!("! {warning}")));
    }
    text.truncate(text.trim_end().len());
    text
}

fn table(positions: &[Position]) -> String {
    let rows = positions.iter().map(|position| {
        let contract = &position.contract;
        let name = if contract.local_symbol.is_empty() { &contract.symbol } else { &contract.local_symbol };
        vec![
            position.account.clone(),
            format!("{name} {} {}", contract.sec_type, contract.currency),
            position.position.normalize().to_string(),
            position.avg_cost.map(|cost| cost.round_dp(4).normalize().to_string()).unwrap_or_default(),
        ]
    });
    output::table(&["ACCOUNT", "CONTRACT", "POSITION", "AVERAGE COST"], rows, &[2, 3])
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_proto::message::contract::Contract;

    #[test]
    fn a_session_with_positions_reads_well() {
        let position = |symbol: &str, size: &str, cost: &str| Position {
            account: "DU1234567".into(),
            contract: Contract::stock(symbol),
            position: size.parse().unwrap(),
            avg_cost: cost.parse().ok(),
        };
        let ready = Ready {
            gateway: "127.0.0.1:4002".into(),
            client_id: 1,
            server_version: 178,
            accounts: vec!["DU1234567".into(), "U7654321".into()],
            positions: Some(vec![position("AAPL", "100", "212.3400"), position("MSFT", "-5.50", "")]),
            stages: vec![],
            total_ms: 15.61,
            warnings: vec!["2 zombie(s) in CLOSE_WAIT at the Gateway, ignored as asked".into()],
        };
        insta::assert_snapshot!(super::ready(&ready, Paint::new(false)), @r"
        Ready in 15.6 ms

          server version  178
          accounts        DU1234567 (paper), U7654321 (LIVE)
          positions       2

          ACCOUNT    CONTRACT      POSITION  AVERAGE COST
          DU1234567  AAPL STK USD       100        212.34
          DU1234567  MSFT STK USD      -5.5

        ! 2 zombie(s) in CLOSE_WAIT at the Gateway, ignored as asked
        ");
    }
}
