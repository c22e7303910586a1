//! What a worker has spent, in a form that outlives it: the Gateway goes on counting when a worker is killed, and the next
//! one must not begin with a full budget.
//!
//! A ring of slots for messages, one for requests for history, and a slot for the port that the Gateway has moved to, each
//! slot written by itself. Messages are noted in
//! blocks, ahead of their being sent, so that forty a second are eight notes; a block that was begun counts whole.

use std::time::{Duration, Instant};

use super::traffic::SmallBars;

/// Bytes of a slot: when (8), what (4), how much (4), which request (8), which instrument (8).
pub const SLOT: usize = 32;

/// Slots for blocks: at the highest pace that anybody may set (10 000 a second) a second has 2 000.
const BLOCK_SLOTS: usize = 2_048;

/// Slots for requests for small bars: the rule counts 60 in ten minutes.
const BAR_SLOTS: usize = 64;

/// Messages in a block.
const BLOCK: u32 = 5;

/// How long a block that was begun may be used: a worker that is killed later has sent the rest of it by then or never.
const BLOCK_LASTS: Duration = Duration::from_millis(100);

/// Where it stands which port the Gateway has moved to (1300): the next worker is given the old one.
const PORT_SLOT: usize = BLOCK_SLOTS + BAR_SLOTS;

/// Bytes of the whole ledger.
pub const LEDGER: usize = SLOT * (PORT_SLOT + 1);

/// Something that is about to be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spending {
    /// When.
    pub at: Instant,
    /// What.
    pub what: Spent,
}

/// What is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// So many messages, at most.
    Messages(u32),
    /// A request for small bars.
    Bars(BarsSpent),
}

/// A request for small bars, as far as a later one must be kept from it. Two that are told apart by nothing here are
/// taken for the same, which makes the later one wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarsSpent {
    /// The whole request, hashed.
    pub identity: u64,
    /// Contract, exchange and kind of tick, hashed.
    pub instrument: u64,
    /// What it counts.
    pub weight: u32,
}

impl From<&SmallBars> for BarsSpent {
    fn from(small: &SmallBars) -> Self {
        Self { identity: hash(&small.identity), instrument: hash(&small.instrument), weight: small.weight }
    }
}

/// FNV-1a: another worker, perhaps of another version, must come to the same number.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Says when messages have to be noted.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    block: Option<(Instant, u32)>,
}

impl Blocks {
    /// A message goes out. What is to be noted before it does, if anything.
    pub(super) fn send(&mut self, now: Instant) -> Option<Spending> {
        if let Some((begun, left)) = &mut self.block
            && *left > 0
            && now < *begun + BLOCK_LASTS
        {
            *left -= 1;
            return None;
        }
        self.block = Some((now, BLOCK - 1));
        Some(Spending { at: now, what: Spent::Messages(BLOCK) })
    }
}

/// Where the next notes go.
#[derive(Debug, Default)]
pub struct LedgerWriter {
    block: usize,
    bars: usize,
}

impl LedgerWriter {
    /// Goes on behind what an earlier worker has written.
    pub fn behind(ledger: &[u8]) -> Self {
        let newest = |begin: usize, slots: usize| {
            let written = (0..slots).filter_map(|slot| Some((time(ledger, begin + slot)?, slot)));
            written.max().map_or(0, |(_, slot)| (slot + 1) % slots)
        };
        Self { block: newest(0, BLOCK_SLOTS), bars: newest(BLOCK_SLOTS, BAR_SLOTS) }
    }

    /// What to write where, for something that is spent at that time (microseconds since 1970).
    pub fn place(&mut self, micros: i64, spent: Spent) -> (u64, [u8; SLOT]) {
        let (slot, kind, weight, identity, instrument) = match spent {
            Spent::Messages(count) => (next(&mut self.block, BLOCK_SLOTS), MESSAGES, count, 0, 0),
            Spent::Bars(bars) => {
                let slot = BLOCK_SLOTS + next(&mut self.bars, BAR_SLOTS);
                (slot, BARS, bars.weight, bars.identity, bars.instrument)
            }
        };
        slot_at(slot, micros, kind, weight, identity, instrument)
    }
}

const MESSAGES: u32 = 1;
const BARS: u32 = 2;
const PORT: u32 = 3;

fn slot_at(slot: usize, micros: i64, kind: u32, weight: u32, identity: u64, instrument: u64) -> (u64, [u8; SLOT]) {
    let mut bytes = [0; SLOT];
    bytes[..8].copy_from_slice(&micros.to_be_bytes());
    bytes[8..12].copy_from_slice(&kind.to_be_bytes());
    bytes[12..16].copy_from_slice(&weight.to_be_bytes());
    bytes[16..24].copy_from_slice(&identity.to_be_bytes());
    bytes[24..].copy_from_slice(&instrument.to_be_bytes());
    ((slot * SLOT) as u64, bytes)
}

/// What to write where when that Gateway, by its name, has moved to another port.
pub fn place_port(micros: i64, gateway: &str, port: u16) -> (u64, [u8; SLOT]) {
    slot_at(PORT_SLOT, micros, PORT, port.into(), hash(gateway), 0)
}

/// The port that an earlier worker has followed that Gateway to.
pub fn read_port(ledger: &[u8], gateway: &str) -> Option<u16> {
    let slot = ledger.get(PORT_SLOT * SLOT..LEDGER)?;
    let (kind, port) = (slot.get(8..)?.first_chunk()?, slot.get(12..)?.first_chunk()?);
    let its = u32::from_be_bytes(*kind) == PORT && slot.get(16..)?.first_chunk() == Some(&hash(gateway).to_be_bytes());
    u16::try_from(u32::from_be_bytes(*port)).ok().filter(|port| its && *port != 0)
}

fn next(place: &mut usize, slots: usize) -> usize {
    let slot = *place;
    *place = (slot + 1) % slots;
    slot
}

/// What a ledger says was spent, the oldest first. `now` and `micros` are the same moment by both clocks; what is said to
/// be spent later than that counts as spent now, and what is no slot as nothing.
pub fn read(ledger: &[u8], now: Instant, micros: i64) -> Vec<Spending> {
    let mut spent: Vec<Spending> = (0..BLOCK_SLOTS + BAR_SLOTS)
        .filter_map(|slot| {
            let written = time(ledger, slot)?;
            let field = |from: usize| ledger.get(slot * SLOT + from..)?.first_chunk::<8>().copied();
            let small = |from: usize| ledger.get(slot * SLOT + from..)?.first_chunk::<4>().copied();
            let weight = u32::from_be_bytes(small(12)?);
            let (what, lasts) = match u32::from_be_bytes(small(8)?) {
                MESSAGES => (Spent::Messages(weight.min(BLOCK)), BLOCK_LASTS),
                BARS => {
                    let (identity, instrument) = (u64::from_be_bytes(field(16)?), u64::from_be_bytes(field(24)?));
                    (Spent::Bars(BarsSpent { identity, instrument, weight: weight.min(2) }), Duration::ZERO)
                }
                _ => return None,
            };
            let ago = Duration::from_micros(u64::try_from(micros.saturating_sub(written)).unwrap_or(0));
            // The last message of a block may have gone out as late as that.
            let at = now.checked_sub(ago.saturating_sub(lasts))?;
            Some(Spending { at, what })
        })
        .collect();
    spent.sort_by_key(|spending| spending.at);
    spent
}

/// When a slot was written; `None` for one that never was.
fn time(ledger: &[u8], slot: usize) -> Option<i64> {
    let bytes = ledger.get(slot * SLOT..)?.first_chunk::<8>()?;
    Some(i64::from_be_bytes(*bytes)).filter(|micros| *micros > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEGAN: i64 = 1_800_000_000_000_000;

    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn begin() -> Instant {
        // Whatever is long ago must still be a moment of this machine's clock.
        Instant::now() + Duration::from_secs(3600)
    }

    fn write(ledger: &mut [u8], writer: &mut LedgerWriter, micros: i64, spent: Spent) {
        let (offset, bytes) = writer.place(micros, spent);
        let offset = usize::try_from(offset).unwrap();
        ledger[offset..offset + SLOT].copy_from_slice(&bytes);
    }

    #[test]
    fn what_one_worker_has_spent_the_next_one_reads_with_its_age() {
        let (now, mut ledger, mut writer) = (begin(), vec![0; LEDGER], LedgerWriter::default());
        let bars = Spent::Bars(BarsSpent { identity: 7, instrument: 8, weight: 2 });
        write(&mut ledger, &mut writer, BEGAN - 300_000_000, bars);
        write(&mut ledger, &mut writer, BEGAN - 500_000, Spent::Messages(5));
        write(&mut ledger, &mut writer, BEGAN + 60_000_000, Spent::Messages(5));
        let spent = read(&ledger, now, BEGAN);
        let ages: Vec<_> = spent.iter().map(|spending| ((now - spending.at).as_millis(), spending.what)).collect();
        // A clock that was set back makes nothing free.
        assert_eq!(ages, [(300_000, bars), (400, Spent::Messages(5)), (0, Spent::Messages(5))]);
        assert!(read(&[], now, BEGAN).is_empty(), "the first worker finds nothing");
    }

    #[test]
    fn a_ring_keeps_the_newest_over_any_number_of_workers() {
        let (now, mut ledger) = (begin(), vec![0; LEDGER]);
        for number in 0..200 {
            let mut writer = LedgerWriter::behind(&ledger);
            let bars = BarsSpent { identity: number, instrument: 0, weight: 1 };
            write(&mut ledger, &mut writer, BEGAN + i64::try_from(number).unwrap(), Spent::Bars(bars));
        }
        let spent = read(&ledger, now, BEGAN + 1_000);
        let identities = spent.iter().map(|spending| match spending.what {
            Spent::Bars(bars) => bars.identity,
            Spent::Messages(_) => panic!("no messages"),
        });
        assert_eq!(identities.collect::<Vec<_>>(), (200 - 64..200).collect::<Vec<_>>());
    }

    #[test]
    fn where_one_gateway_has_moved_to_is_read_for_that_one_and_counts_as_nothing_spent() {
        let (now, mut ledger) = (begin(), vec![0; LEDGER]);
        let (offset, bytes) = place_port(BEGAN, "127.0.0.1:4002", 4010);
        let offset = usize::try_from(offset).unwrap();
        ledger[offset..offset + SLOT].copy_from_slice(&bytes);
        assert_eq!(read_port(&ledger, "127.0.0.1:4002"), Some(4010));
        assert_eq!(read_port(&ledger, "127.0.0.1:4001"), None, "another Gateway has not moved");
        assert_eq!(
            read_port(&ledger[..offset], "127.0.0.1:4002"),
            None,
            "a ledger of an earlier version has no such slot"
        );
        assert!(read(&ledger, now, BEGAN).is_empty());
    }

    #[test]
    fn a_block_is_noted_before_its_first_message_and_used_for_a_moment_only() {
        let (now, mut blocks) = (begin(), Blocks::default());
        let noted = (0..12).filter(|_| blocks.send(now).is_some()).count();
        assert_eq!(noted, 3, "12 messages are 3 blocks of 5");
        assert!(blocks.send(now + BLOCK_LASTS).is_some(), "what is left of a block that is over is not used");
    }

    proptest! {
        #[test]
        fn whatever_is_in_the_file_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), micros in any::<i64>()) {
            let now = begin();
            for spending in read(&bytes, now, micros) {
                prop_assert!(spending.at <= now);
            }
            let _ = LedgerWriter::behind(&bytes).place(1, Spent::Messages(5));
            let _ = read_port(&bytes, "127.0.0.1:4002");
        }
    }
}
