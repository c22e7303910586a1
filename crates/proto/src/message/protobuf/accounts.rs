//! Bodies about accounts: profit and loss, positions with an id, advisors, users.

use super::table::body;
use crate::message::account::{PositionMulti, PositionsMultiRequest};
use crate::message::advisor::{
    FaReplace, FaRequest, FamilyCode, FamilyCodes, ReceiveFa, ReplaceFaEnd, SoftDollarTiers,
};
use crate::message::clock::CurrentTimeInMillis;
use crate::message::order::{OrderBound, SoftDollarTier};
use crate::message::pnl::{Pnl, PnlRequest, PnlSingle, PnlSingleRequest};
use crate::message::user::UserInfo;
use crate::message::verify::{VerifyCompleted, VerifyMessage, VerifyMessageApi, VerifyRequest};
use crate::protobuf::Body;

body! {
    PnlRequest { 1 id req_id; 2 text account; 3 text model_code; }
    PnlSingleRequest { 1 id req_id; 2 text account; 3 text model_code; 4 id con_id; }
    Pnl { 1 id req_id; 2 price daily_pnl; 3 price unrealized_pnl; 4 price realized_pnl; }
    PnlSingle {
        1 id req_id; 2 amount position; 3 price daily_pnl; 4 price unrealized_pnl; 5 price realized_pnl; 6 price value;
    }
    PositionsMultiRequest { 1 id req_id; 2 text account; 3 text model_code; }
    FaRequest { 1 whole fa_data_type; }
    FaReplace { 1 id req_id; 2 whole fa_data_type; 3 text xml; }
    ReceiveFa { 1 whole fa_data_type; 2 text xml; }
    ReplaceFaEnd { 1 id req_id; 2 text text; }
    FamilyCodes { 1 each family_codes; }
    FamilyCode { 1 text account_id; 2 text family_code; }
    SoftDollarTiers { 1 id req_id; 2 each tiers; }
    SoftDollarTier { 1 text name; 2 text val; 3 text display_name; }
    OrderBound { 1 perm_id perm_id; 2 id client_id; 3 id order_id; }
    UserInfo { 1 id req_id; 2 text white_branding_id; }
    CurrentTimeInMillis { 1 long epoch_millis; }
    VerifyRequest { 1 text api_name; 2 text api_version; }
    VerifyMessage { 1 text api_data; }
    VerifyMessageApi { 1 text api_data; }
    VerifyCompleted { 1 flag is_successful; 2 text error_text; }
}

impl PositionMulti {
    /// The one exchange is the routing exchange, as in a position without an id.
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.text(2, &mut self.account)?;
        body.part(3, &mut self.contract, |body, contract| contract.pass_without_listing(body))?;
        body.amount(4, &mut self.position)?;
        body.price(5, &mut self.avg_cost)?;
        body.text(6, &mut self.model_code)
    }
}
