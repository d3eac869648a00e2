//! Where a request ends: lengths and codings that contradict themselves or each other, and broken chunks. Behind each
//! stands a request that must never be read as one.

use super::attack::{Attack, Expected::Last};

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nhost: g\r\n\r\n";

const LENGTHS: [&str; 23] = [
    "",
    " ",
    "+5",
    "-5",
    "-0",
    "5.0",
    "0x5",
    "5x",
    "x5",
    "5 5",
    "5,5",
    "5, 5",
    "5,6",
    "5;",
    "\"5\"",
    "5e0",
    "1_0",
    "18446744073709551616",
    "99999999999999999999999999",
    "\u{665}",
    "\u{ff15}",
    "NaN",
    "5\u{a0}",
];

const CODINGS: [&str; 20] = [
    "",
    "gzip",
    "identity",
    "deflate",
    "chunked, gzip",
    "chunked, identity",
    "gzip, chunked, gzip",
    "xchunked",
    "chunkedx",
    "chunked;q=0.5",
    "chunked,",
    "\"chunked\"",
    "'chunked'",
    "chunked\u{a0}",
    "cow",
    "chunked x",
    "x chunked x",
    "c h u n k e d",
    "chunked; ",
    "\u{1e9}hunked",
];

/// Broken after the head; what is there is told with the last chunk.
const CHUNKS: [&str; 23] = [
    "G\r\n",
    "-1\r\n",
    "+5\r\nhello\r\n",
    "0x5\r\nhello\r\n",
    " 5\r\nhello\r\n",
    "5 5\r\nhello\r\n",
    "FFFFFFFFFFFFFFFFF\r\n",
    "10000000000000000\r\n",
    "5\rhello\r\n",
    "5\r\nhelloX\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
    "3\r\nhello\r\n0\r\n\r\n",
    "5\nhello\n0\n\n",
    "\r\n0\r\n\r\n",
    "\r\n\r\n",
    "\0\r\n\r\n",
    "5;\0\r\nhello\r\n0\r\n\r\n",
    "5;a\rb\r\nhello\r\n0\r\n\r\n",
    "5;a=\n\r\nhello\r\n",
    "\u{665}\r\nhello\r\n",
    "00000000000000000000000000000005\r\nhello\r\n",
    "5\u{a0}\r\nhello\r\n0\r\n\r\n",
];

pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for length in LENGTHS {
        attacks.push(refused(&format!("content-length: {length}\r\n"), "hello"));
        attacks.push(refused(&format!("content-length: 5\r\ncontent-length: {length}\r\n"), "hello"));
        attacks.push(refused(&format!("content-length: {length}\r\ncontent-length: 5\r\n"), "hello"));
    }
    for coding in CODINGS {
        attacks.push(refused(&format!("transfer-encoding: {coding}\r\n"), "0\r\n\r\n"));
        attacks.push(refused(&format!("transfer-encoding: chunked\r\ntransfer-encoding: {coding}\r\n"), ""));
        attacks.push(refused(&format!("content-length: 5\r\ntransfer-encoding: {coding}\r\n"), "0\r\n\r\n"));
    }
    attacks.extend(contradictions());
    attacks.extend(CHUNKS.map(chunked));
    attacks.extend(large_chunks());
    attacks
}

fn post(headers: &str, body: &str) -> String {
    format!("POST /task HTTP/1.1\r\nhost: g\r\n{headers}\r\n{body}{SMUGGLED}")
}

fn refused(headers: &str, body: &str) -> Attack {
    Attack::new(format!("{headers:?}"), post(headers, body), Last(400))
}

/// Both a length and a coding. What is chunked is read as such, and nothing after it is read at all.
fn contradictions() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for length in ["0", "5", "65536", "99999999"] {
        for coding in ["chunked", "Chunked", "CHUNKED", " chunked ", "\tchunked"] {
            for headers in [
                format!("content-length: {length}\r\ntransfer-encoding: {coding}\r\n"),
                format!("transfer-encoding: {coding}\r\ncontent-length: {length}\r\n"),
            ] {
                attacks.push(Attack::new(format!("{headers:?}"), post(&headers, "0\r\n\r\n"), Last(401)));
            }
        }
    }
    // hyper's word for a length that it cannot count is 431.
    for headers in ["content-length: 18446744073709551615\r\n", "content-length: 18446744073709551614\r\n"] {
        attacks.push(Attack::new(headers, post(headers, "hello"), Last(431)));
    }
    let old = "POST /task HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    attacks.push(Attack::new("chunked in HTTP/1.0", format!("{old}{SMUGGLED}"), Last(400)));
    attacks
}

fn chunked(chunks: &str) -> Attack {
    let bytes = post("transfer-encoding: chunked\r\nconnection: close\r\n", chunks);
    Attack::new(format!("chunks {chunks:?}"), bytes, Last(400))
}

fn large_chunks() -> Vec<Attack> {
    let head = "POST /task HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let attack = |what: &str, expected| Attack::new(what, head, expected);
    vec![
        attack("an extension of 1 MB", Last(400))
            .then("5;", 1)
            .then("x".repeat(1024), 1024)
            .then("\r\nhello\r\n0\r\n\r\n", 1),
        attack("10,000 extensions", Last(400))
            .then("1;aaaaaaaaaa=bbbbbbbbbb\r\nx\r\n", 10_000)
            .then("0\r\n\r\n", 1),
        attack("a trailer of 1 MB", Last(400))
            .then("0\r\nx: ", 1)
            .then("x".repeat(1024), 1024)
            .then("\r\n\r\n", 1),
        attack("10,000 trailers", Last(400)).then("0\r\n", 1).then("x: y\r\n", 10_000).then("\r\n", 1),
        attack("trailers that are headers", Last(401))
            .then("0\r\ncontent-length: 5\r\njob-token: x\r\n\r\n", 1),
        attack("60,000 chunks of one byte", Last(400)).then("1\r\nx\r\n", 60_000).then("0\r\n\r\n", 1),
        attack("70,000 chunks of one byte", Last(413)).then("1\r\nx\r\n", 70_000).then("0\r\n\r\n", 1),
        // It is read for as long as a body may take.
        attack("16 EiB in a chunk", Last(408)).then("FFFFFFFFFFFFFFFF\r\n", 1).then(SMUGGLED, 1),
        attack("a size of 1 MB", Last(401)).then("0".repeat(1024), 1024).then("\r\n\r\n", 1),
    ]
}
