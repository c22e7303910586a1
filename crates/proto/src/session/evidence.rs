//! What a session may believe of what it is told.

/// Messages that answer the requests of the sync stage: order status, open order, execution, position.
pub(super) const SYNC_ANSWERS: [i32; 4] = [3, 5, 11, 61];

/// Accounts of one login. Advisors have some hundreds.
const MAX_ACCOUNTS: usize = 10_000;

/// Bytes of one account's name. Real ones have eight or so.
const MAX_ACCOUNT: usize = 64;

/// Whether these can be accounts. Their names are sent back and shown, so that nothing is taken for one that is not.
pub(super) fn plausible(accounts: &[String]) -> bool {
    let name = |account: &String| account.len() <= MAX_ACCOUNT && !account.contains(char::is_control);
    accounts.len() <= MAX_ACCOUNTS && accounts.iter().all(name)
}
