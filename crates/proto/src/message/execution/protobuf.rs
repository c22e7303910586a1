//! Executions, commission reports and the request for executions as protobuf.

use super::{CommissionReport, ExecDetails, Execution, ExecutionsRequest};
use crate::protobuf::Body;

impl ExecutionsRequest {
    /// Days are numbers here; one that is none does not travel.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, self, |body, filter| {
            body.id(1, &mut filter.client_id)?;
            body.text(2, &mut filter.account)?;
            body.text(3, &mut filter.time)?;
            body.text(4, &mut filter.symbol)?;
            body.text(5, &mut filter.sec_type)?;
            body.text(6, &mut filter.exchange)?;
            body.text(7, &mut filter.side)?;
            body.maybe_whole(8, &mut filter.last_n_days)?;
            let mut days = filter.specific_dates.iter().filter_map(|day| day.parse().ok()).collect();
            body.wholes(9, &mut days)?;
            filter.specific_dates = days.iter().map(i32::to_string).collect();
            Ok(())
        })
    }
}

impl Execution {
    /// A Gateway leaves out what is false.
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.order_id)?;
        body.text(2, &mut self.exec_id)?;
        body.text(3, &mut self.time)?;
        body.text(4, &mut self.acct_number)?;
        body.text(5, &mut self.exchange)?;
        body.text(6, &mut self.side)?;
        body.amount(7, &mut self.shares)?;
        body.number(8, &mut self.price)?;
        body.perm_id(9, &mut self.perm_id)?;
        body.id(10, &mut self.client_id)?;
        let mut liquidated = self.liquidation != 0;
        body.flag(11, &mut liquidated)?;
        self.liquidation = i32::from(liquidated);
        body.amount(12, &mut self.cum_qty)?;
        body.price_or_zero(13, &mut self.avg_price)?;
        body.text(14, &mut self.order_ref)?;
        body.text(15, &mut self.ev_rule)?;
        body.price(16, &mut self.ev_multiplier)?;
        body.text(17, &mut self.model_code)?;
        body.whole(18, &mut self.last_liquidity)?;
        body.flag(19, &mut self.pending_price_revision)?;
        body.text(20, &mut self.submitter)
    }
}

impl ExecDetails {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, &mut self.contract, |body, contract| contract.pass_without_listing(body))?;
        body.part(3, &mut self.execution, |body, execution| execution.pass_body(body))
    }
}

impl CommissionReport {
    /// A Gateway leaves out a profit that is not set, and the date where there is none.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.exec_id)?;
        body.price(2, &mut self.commission)?;
        body.text(3, &mut self.currency)?;
        body.price(4, &mut self.realized_pnl)?;
        body.float(5, &mut self.bond_yield)?;
        let mut date = match self.yield_redemption_date {
            0 => String::new(),
            date => date.to_string(),
        };
        body.text(6, &mut date)?;
        self.yield_redemption_date = date.parse().unwrap_or_default();
        Ok(())
    }
}
