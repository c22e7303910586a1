use proptest::prelude::*;

use super::*;

fn fill(id: &str, quantity: i64, cents: i64) -> Fill {
    Fill { exec_id: id.into(), quantity: quantity.into(), price: Decimal::new(cents, 2) }
}

fn dollars(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

#[test]
fn a_round_trip_realises_the_difference() {
    let mut book = Book::default();
    book.fill(&fill("a.01", 10, 10_000));
    book.commission("a.01", dollars(100));
    let open = book.figures(Some(dollars(10_150)));
    assert_eq!((open.position, open.average_price), (Decimal::TEN, Some(dollars(10_000))));
    assert_eq!((open.realised, open.unrealised), (Decimal::ZERO, Some(dollars(1_500))));
    book.fill(&fill("b.01", -10, 10_200));
    book.commission("b.01", dollars(101));
    let flat = book.figures(None);
    assert_eq!((flat.position, flat.average_price, flat.unrealised), (Decimal::ZERO, None, Some(Decimal::ZERO)));
    assert_eq!((flat.realised, flat.cash_flow, flat.commissions), (dollars(2_000), dollars(2_000), dollars(201)));
}

#[test]
fn a_correction_of_an_execution_from_before_the_book_changes_what_it_changes_and_no_more() {
    let mut book = Book::opened_with(4.into(), dollars(10_363));
    let was = fill("a.01", 4, 10_363);
    assert_eq!(book.correct(&was, &fill("a.02", 4, 10_083)), Counted::Corrected);
    let figures = book.figures(Some(dollars(10_083)));
    assert_eq!((figures.position, figures.cash_flow), (4.into(), dollars(4 * 280)));
    assert_eq!(figures.realised + figures.unrealised.unwrap(), dollars(0), "it is worth less, and had cost less");
    assert_eq!(book.correct(&fill("a.02", 4, 10_083), &fill("a.03", 3, 10_083)), Counted::Corrected);
    assert_eq!((book.position(), book.fills()), (3.into(), 1));
    assert_eq!(book.correct(&was, &fill("a.02", 4, 10_083)), Counted::Known);
}

#[test]
fn adding_averages_and_reducing_keeps_the_average() {
    let mut book = Book::default();
    book.fill(&fill("a", 10, 10_000));
    book.fill(&fill("b", 30, 11_000));
    assert_eq!(book.figures(None).average_price, Some(dollars(10_750)));
    book.fill(&fill("c", -20, 12_000));
    let figures = book.figures(None);
    assert_eq!((figures.average_price, figures.realised), (Some(dollars(10_750)), dollars(25_000)));
    assert_eq!(figures.unrealised, None);
}

#[test]
fn turning_from_long_to_short_closes_all_and_opens_the_rest() {
    let mut book = Book::default();
    book.fill(&fill("a", 10, 10_000));
    book.fill(&fill("b", -15, 11_000));
    let figures = book.figures(Some(dollars(10_000)));
    assert_eq!((figures.position, figures.average_price), (Decimal::from(-5), Some(dollars(11_000))));
    assert_eq!((figures.realised, figures.unrealised), (dollars(10_000), Some(dollars(5_000))));
}

#[test]
fn an_execution_counts_once_and_a_correction_takes_its_place() {
    let mut book = Book::default();
    assert_eq!(book.fill(&fill("0001.01", 10, 10_000)), Counted::Added);
    assert_eq!(book.fill(&fill("0001.01", 10, 10_000)), Counted::Known);
    assert_eq!(book.fill(&fill("0001.02", 10, 9_990)), Counted::Corrected);
    assert_eq!(book.fill(&fill("0001.01", 10, 10_000)), Counted::Known);
    assert_eq!((book.fills(), book.figures(None).cash_flow), (1, dollars(-99_900)));
    assert!(book.commission("0001.01", dollars(100)));
    assert!(!book.commission("0001.01", dollars(100)));
}

#[test]
fn figures_that_no_market_has_are_not_counted() {
    let mut book = Book::default();
    let absurd = Fill { exec_id: "a".into(), quantity: Decimal::MAX, price: Decimal::MAX };
    assert_eq!(book.fill(&absurd), Counted::Implausible);
    assert_eq!(Book::opened_with(Decimal::MAX, Decimal::MAX).position(), Decimal::ZERO);
    assert_eq!(book.figures(Some(Decimal::MAX)).unrealised, Some(Decimal::ZERO));
    assert_eq!(PLAUSIBLE, Decimal::from(10_000_000_000_i64));
}

#[test]
fn an_opening_position_earns_only_from_here_on() {
    let mut book = Book::opened_with(Decimal::TEN, dollars(10_000));
    assert_eq!(book.figures(Some(dollars(10_100))).unrealised, Some(dollars(1_000)));
    book.fill(&fill("a", -10, 10_300));
    let figures = book.figures(None);
    assert_eq!((figures.realised, figures.cash_flow), (dollars(3_000), dollars(103_000)));
}

#[test]
fn what_someone_else_closed_is_neither_profit_nor_loss() {
    let mut book = Book::default();
    book.fill(&fill("a", 10, 10_000));
    book.fill(&fill("b", -2, 11_000));
    book.hold(Decimal::from(4), dollars(77));
    let figures = book.figures(Some(dollars(10_500)));
    assert_eq!((figures.position, figures.average_price), (Decimal::from(4), Some(dollars(10_000))));
    assert_eq!((figures.realised, figures.unrealised), (dollars(2_000), Some(dollars(2_000))));
    book.hold(Decimal::ZERO, dollars(77));
    assert_eq!((book.position(), book.figures(None).realised), (Decimal::ZERO, dollars(2_000)));
}

#[test]
fn what_is_there_after_all_comes_back_at_its_average_cost_without_profit_or_loss() {
    let mut book = Book::default();
    book.fill(&fill("a", -10, 10_000));
    book.hold(Decimal::ZERO, dollars(10_000));
    book.hold(Decimal::from(-10), dollars(10_000));
    let figures = book.figures(Some(dollars(10_000)));
    assert_eq!((figures.position, figures.average_price), (Decimal::from(-10), Some(dollars(10_000))));
    assert_eq!((figures.realised, figures.unrealised), (Decimal::ZERO, Some(Decimal::ZERO)));
}

#[test]
fn only_what_the_gateway_shows_and_the_journal_knows_is_ours() {
    let own = |gateway: i64, recorded: i64| own_part(gateway.into(), recorded.into());
    assert_eq!(own(100, 10), Decimal::TEN);
    assert_eq!(own(10, 10), Decimal::TEN);
    assert_eq!(own(4, 10), Decimal::from(4));
    assert_eq!(own(0, 10), Decimal::ZERO);
    assert_eq!(own(-5, 10), Decimal::ZERO);
    assert_eq!(own(90, 0), Decimal::ZERO);
    assert_eq!(own(-30, -10), Decimal::from(-10));
}

#[test]
fn what_an_execution_costs_is_counted_once_however_often_it_is_corrected() {
    let mut book = Book::default();
    book.fill(&fill("a.01", 10, 100));
    assert!(book.commission("a.01", dollars(105)));
    assert_eq!(book.fill(&fill("a.02", 10, 101)), Counted::Corrected);
    assert!(!book.awaits_commission(), "it is known what it cost");
    assert!(!book.commission("a.02", dollars(105)), "the same again");
    assert!(book.commission("a.03", dollars(107)), "another figure takes its place");
    assert!(!book.commission("a.01", dollars(500)), "told late");
    assert_eq!(book.figures(None).commissions, dollars(107));
    assert!(book.has("a.01") && !book.has("b.01"));
}

proptest! {
    #[test]
    fn books_balance_to_the_cent(
        trades in prop::collection::vec((-500_i64..500, 1_i64..50_000, 0_i64..500), 1..60),
        mark in 1_i64..50_000, opening in -300_i64..300, cost in 1_i64..50_000,
    ) {
        let mut book = Book::opened_with(opening.into(), dollars(cost));
        // In whole cents, by hand: an independent count that knows nothing of averages.
        let (mut position, mut cash, mut paid) = (opening, 0_i64, 0_i64);
        for (number, (quantity, cents, commission)) in trades.iter().enumerate() {
            let id = format!("{number}.01");
            book.fill(&fill(&id, *quantity, *cents));
            book.fill(&fill(&id, *quantity, *cents));
            book.commission(&id, dollars(*commission));
            position += quantity;
            cash -= quantity * cents;
            paid += commission;
        }
        let figures = book.figures(Some(dollars(mark)));
        let total = cash + position * mark - opening * cost;
        prop_assert_eq!(figures.position, Decimal::from(position));
        prop_assert_eq!(figures.cash_flow, dollars(cash));
        prop_assert_eq!(figures.commissions, dollars(paid));
        prop_assert_eq!((figures.realised + figures.unrealised.unwrap()).round_dp(10), dollars(total));
        if position == 0 {
            prop_assert_eq!(figures.realised.round_dp(10), dollars(total));
        }
    }

    #[test]
    fn the_order_of_repeats_and_corrections_does_not_matter(
        seed in prop::collection::vec((1_i64..50, 1_i64..1_000), 1..20), repeats in prop::collection::vec(0_usize..20, 0..40),
    ) {
        let mut once = Book::default();
        for (number, (quantity, cents)) in seed.iter().enumerate() {
            once.fill(&fill(&format!("{number}.02"), *quantity, *cents));
        }
        let mut often = Book::default();
        for (number, (quantity, cents)) in seed.iter().enumerate() {
            often.fill(&fill(&format!("{number}.01"), quantity + 1, cents + 1));
            often.fill(&fill(&format!("{number}.02"), *quantity, *cents));
        }
        for number in repeats.iter().map(|number| number % seed.len()) {
            often.fill(&fill(&format!("{number}.01"), 999, 999));
        }
        prop_assert_eq!(once.figures(None), often.figures(None));
    }
}
