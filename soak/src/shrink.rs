//! A life that breaks an invariant, made as short as it can be found to be.

use crate::life::{Conduct, Life, Plan, try_out};
use crate::violation::Violation;

/// Lives that are tried at most; each takes some milliseconds.
const TRIES: u32 = 300;

/// Leaves away schedules and troubles as long as what remains breaks the same rule. Returns the shortest plan that was
/// found and what it breaks.
pub(crate) fn shrink(
    life: Life,
    conduct: Conduct,
    mut plan: Plan,
    mut broken: Box<Violation>,
) -> (Plan, Box<Violation>) {
    let mut tries = 0;
    let mut still = |plan: &Plan| {
        tries += 1;
        if tries > TRIES {
            return None;
        }
        try_out(life, plan, conduct).err().filter(|other| other.rule == broken.rule).map(|other| (plan.clone(), other))
    };
    let mut best = None;
    // What comes behind the one that breaks it has not been lived through.
    if let Some(last) = plan.schedules.iter().position(|schedule| schedule.to_string() == broken.schedule) {
        plan.schedules.truncate(last + 1);
    }
    for kept in [1, 2, 4, 8] {
        let skipped = plan.schedules.len().saturating_sub(kept);
        let shorter = Plan { schedules: plan.schedules[skipped..].to_vec(), ..plan.clone() };
        if skipped > 0
            && let Some(found) = still(&shorter)
        {
            plan = found.0.clone();
            best = Some(found);
            break;
        }
    }
    loop {
        let before = plan.troubles();
        for index in (0..before).rev() {
            if let Some(found) = still(&plan.without(index)) {
                plan = found.0.clone();
                best = Some(found);
            }
        }
        if plan.troubles() == before {
            break;
        }
    }
    if let Some((shortest, other)) = best {
        (plan, broken) = (shortest, other);
    }
    (plan, broken)
}
