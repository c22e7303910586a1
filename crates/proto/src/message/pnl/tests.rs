//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, con, dec, req, server, server_reads, some};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn profit_and_loss_is_asked_for_as_real_clients_do() {
    let (account, model_code) = ("DU9000001".to_owned(), "Model".to_owned());
    let request = PnlRequest { req_id: req(51), account: account.clone(), model_code };
    client(ALL, "92|51|DU9000001|Model|", &ClientMessage::ReqPnl(Box::new(request)));
    let request = PnlSingleRequest { req_id: req(52), account, model_code: String::new(), con_id: con(265_598) };
    client(ALL, "94|52|DU9000001||265598|", &ClientMessage::ReqPnlSingle(Box::new(request)));
    client(ALL, "93|51|", &ClientMessage::CancelPnl(req(51)));
    client(ALL, "95|52|", &ClientMessage::CancelPnlSingle(req(52)));
}

#[test]
fn profit_and_loss_is_as_real_clients_read_it() {
    let pnl =
        Pnl { req_id: req(51), daily_pnl: some("-12.34"), unrealized_pnl: some("1500.5"), realized_pnl: some("0.0") };
    server(ALL, "94|51|-12.34|1500.5|0.0|", &ServerMessage::Pnl(Box::new(pnl)));
    let pnl = PnlSingle {
        req_id: req(52),
        position: dec("100"),
        daily_pnl: some("-12.34"),
        unrealized_pnl: some("1500.5"),
        realized_pnl: None,
        value: some("23105.0"),
    };
    let golden = "95|52|100|-12.34|1500.5|1.7976931348623157E308|23105.0|";
    server(ALL, golden, &ServerMessage::PnlSingle(Box::new(pnl)));
}

#[test]
fn what_is_not_known_yet_is_the_largest_double() {
    let unknown = ServerMessage::Pnl(Box::new(Pnl { req_id: req(51), ..Pnl::default() }));
    let golden = "94|51|1.7976931348623157E308|1.7976931348623157E308|1.7976931348623157E308|";
    server(ALL, golden, &unknown);
    server_reads(ALL, "94|51||NaN|1.7976931348623157e+308|", &unknown);
    // Old servers say less.
    server([127, 128], "94|51|1.7976931348623157E308|", &unknown);
    server([129, 134], "94|51|1.7976931348623157E308|1.7976931348623157E308|", &unknown);
}
