//! What an account's id tells.

/// How the ids of paper accounts begin, an adviser's the second way.
const PAPER: [&str; 2] = ["DU", "DF"];

/// Whether an account trades with play money: IBKR's paper accounts begin with `DU`, or `DF` for advisers. Every other
/// account is real money, known or not.
pub fn is_paper_account(account: &str) -> bool {
    PAPER.iter().any(|prefix| account.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_as_paper_is_real_money() {
        assert!(is_paper_account("DU1234567") && is_paper_account("DF1234567"));
        for real in ["U1234567", "F1234567", "D1234567", "du1234567", ""] {
            assert!(!is_paper_account(real), "{real}");
        }
    }
}
