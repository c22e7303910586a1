//! Starting a scan.

use rust_decimal::Decimal;

use crate::ids::RequestId;
use crate::message::layout::layout;

layout! {
    /// 22: starts a scan, whose result is sent again and again.
    pub struct ScannerSubscription, version 4 until SCANNER_GENERIC_OPTS {
        /// The request.
        pub req_id: RequestId,
        /// How many rows; −1 for as many as there are, which is 50.
        pub number_of_rows: i32,
        /// The kind of instrument, for example `STK`.
        pub instrument: String,
        /// Where, for example `STK.US.MAJOR`.
        pub location_code: String,
        /// What for, for example `TOP_PERC_GAIN`.
        pub scan_code: String,
        /// Least price.
        pub above_price: Option<Decimal>,
        /// Greatest price.
        pub below_price: Option<Decimal>,
        /// Least volume.
        pub above_volume: Option<i32>,
        /// Least market capitalisation.
        pub market_cap_above: Option<Decimal>,
        /// Greatest market capitalisation.
        pub market_cap_below: Option<Decimal>,
        /// Least rating of Moody's.
        pub moody_rating_above: String,
        /// Greatest rating of Moody's.
        pub moody_rating_below: String,
        /// Least rating of S&P.
        pub sp_rating_above: String,
        /// Greatest rating of S&P.
        pub sp_rating_below: String,
        /// Earliest maturity.
        pub maturity_date_above: String,
        /// Latest maturity.
        pub maturity_date_below: String,
        /// Least coupon.
        pub coupon_rate_above: Option<Decimal>,
        /// Greatest coupon.
        pub coupon_rate_below: Option<Decimal>,
        /// Whether convertible bonds are left out.
        pub exclude_convertible: bool,
        /// Least average volume of options.
        pub average_option_volume_above: Option<i32>,
        /// Pairs of settings of the scan.
        pub scanner_setting_pairs: String,
        /// `ALL`, `CORP`, `ETF`, …
        pub stock_type_filter: String,
        /// `tag=value;` pairs that filter.
        @since SCANNER_GENERIC_OPTS pub filter_options: String,
        /// `tag=value;` pairs.
        pub options: String,
    }
}
