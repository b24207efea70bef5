//! The page behind each code, as `hotline check --explain` prints it.

macro_rules! pages {
    ($($code:ident)*) => {
        [$((stringify!($code), include_str!(concat!("../../docs/errors/", stringify!($code), ".md")))),*]
    };
}

/// Every code that has a page, in order. `tests/error_pages.rs` holds it against the source and docs/errors/.
#[rustfmt::skip]
const PAGES: &[(&str, &str)] = &pages![
    HL0101 HL0102 HL0103 HL0104 HL0105 HL0106 HL0107 HL0108 HL0109 HL0110 HL0111 HL0112
    HL0113 HL0120
    HL0201 HL0202 HL0203 HL0204 HL0205 HL0206 HL0207 HL0208 HL0209 HL0210 HL0211 HL0212
    HL0213 HL0215
    HL0301 HL0302 HL0303 HL0304 HL0305 HL0306 HL0307 HL0308 HL0309 HL0310 HL0311 HL0312
    HL0313 HL0314 HL0315 HL0316 HL0317 HL0318 HL0322
    HL0401 HL0402 HL0403 HL0404 HL0405 HL0406 HL0407 HL0408 HL0409 HL0410 HL0411 HL0412
    HL0413 HL0414 HL0415
    HL0426 HL0427 HL0428 HL0429 HL0430 HL0431
    HL0501 HL0502 HL0503 HL0504 HL0505 HL0506 HL0507 HL0508 HL0509 HL0510 HL0511 HL0512
    HL0513 HL0517 HL0518 HL0519
    HL0550 HL0551 HL0552 HL0553 HL0554 HL0555 HL0556 HL0590 HL0591
    HL0601 HL0602 HL0603 HL0604
    HL0701 HL0702 HL0703 HL0704 HL0705 HL0706 HL0790 HL0791 HL0792
    HL0801 HL0802 HL0803 HL0804 HL0805 HL0810 HL0811
    HL0901 HL0902 HL0903 HL0904 HL0905 HL0906
];

/// The page of `code`, in Markdown.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let at = PAGES.binary_search_by_key(&code, |(code, _)| code).ok()?;
    PAGES.get(at).map(|(_, page)| *page)
}
