//! Bodies that are too large, too deep, or no JSON.

use super::attack::{
    Attack,
    Expected::{Last, Refusal, Sanity, Silence, Status},
};

const MIB: usize = 1 << 20;

/// No JSON that says who asks.
const WRONG: [&[u8]; 44] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"{}",
    b"[]",
    b"null",
    b"true",
    b"0",
    b"\"\"",
    b"\"job_token\"",
    b"{\"job_token\"}",
    b"{\"job_token\":}",
    b"{\"job_token\":null}",
    b"{\"job_token\":0}",
    b"{\"job_token\":[]}",
    b"{\"job_token\":{}}",
    b"{\"job_token\":true}",
    b"{\"job_token\":\"\"}",
    b"{\"job_token\":\" \"}",
    b"{\"job_token\":\"x\"",
    b"{'job_token':'x'}",
    b"{\"job_token\":\"x\",}",
    b"{\"job_token\":\"x\"}{}",
    b"{\"job_token\":\"x\",\"job_token\":\"y\"}",
    b"{\"job_token\":\"\\u0000\"}",
    b"{\"job_token\":\"\\ud800\"}",
    b"{\"job_token\":\"\\r\\nx: y\"}",
    b"{\"job_token\":\"\xff\"}",
    b"{\"job_token\":\"\xc0\x80\"}",
    b"{\"job_token\":\"\xed\xa0\x80\"}",
    b"{\"\xff\":\"x\"}",
    b"\xff\xfe{\0}\0",
    b"\xef\xbb\xbf{}",
    b"\0",
    b"{\0}",
    b"\x1f\x8b\x08\0",
    b"job_token=x",
    b"<job_token>x</job_token>",
    b"--x\r\n\r\n--x--",
    b"{\"job_token\":1e999}",
    b"{\"a\":1e-999999999}",
    b"{\"__proto__\":{\"job_token\":\"x\"}}",
    b"// {}",
];

pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for body in WRONG {
        attacks.push(sized(body.escape_ascii().to_string(), body, Refusal));
        attacks.push(cut(body));
    }
    for depth in [10, 127, 128, 129, 1_000, 10_000, 30_000] {
        attacks.push(sized(format!("{depth} arrays"), "[".repeat(depth).as_bytes(), Status(400)));
        attacks.push(sized(format!("{depth} arrays and back"), &nested("[", "]", depth), Status(400)));
        attacks.push(sized(format!("{depth} objects"), &nested("{\"a\":", "}", depth.min(10_000)), Refusal));
        attacks.push(sized(format!("a token below {depth} arrays"), &below(depth), Refusal));
    }
    for depth in [100_000, 1_000_000] {
        attacks.push(sized(format!("{depth} levels"), "[".repeat(depth).as_bytes(), Last(413)));
    }
    attacks.extend(large());
    attacks
}

fn head(length: impl std::fmt::Display) -> String {
    format!(
        "POST /task HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

fn sized(what: impl Into<String>, body: &[u8], expected: super::attack::Expected) -> Attack {
    Attack::new(what, head(body.len()), expected).then(body, 1)
}

/// One byte less than was announced; then the sender hangs up.
fn cut(body: &[u8]) -> Attack {
    let what = format!("{} and no more", body.escape_ascii());
    Attack::new(what, head(body.len() + 1), Refusal).then(body, 1).hang_up()
}

fn nested(open: &str, close: &str, depth: usize) -> Vec<u8> {
    format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes()
}

fn below(depth: usize) -> Vec<u8> {
    let array = String::from_utf8(nested("[", "]", depth)).expect("text");
    format!("{{\"a\":{array},\"job_token\":\"x\"}}").into_bytes()
}

fn large() -> Vec<Attack> {
    let (mib, kib) = ("x".repeat(MIB), " ".repeat(1024));
    let chunked = "POST /task HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("{MIB:x}\r\n{mib}\r\n");
    let unsized_body = "POST /task HTTP/1.0\r\n\r\n";
    let mut attacks = vec![
        Attack::new("64 KiB of blanks", head(64 << 10), Status(400)).then(&*kib, 64),
        Attack::new("64 KiB and one byte", head((64 << 10) + 1), Last(413)).then(&*kib, 64).then(" ", 1),
        Attack::new("a token of 1 MB", head(MIB + 16), Last(413))
            .then("{\"job_token\":\"", 1)
            .then(&*mib, 1)
            .then("\"}", 1),
        Attack::new("an exabyte that never comes", head(u64::MAX / 16), Last(413)),
        Attack::new("8 EiB", head(u64::MAX / 2), Refusal),
        Attack::new("a body without a length in HTTP/1.0", unsized_body, Sanity).then(&*mib, 10),
        Attack::new(
            "100 MB that wait for a yes",
            head(100 * MIB).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n"),
            Last(413),
        ),
        Attack::new("a GET of 100 MB", head(100 * MIB).replace("POST /task", "GET /health"), Refusal)
            .then(&*mib, 100),
        Attack::new("half a head", "POST /task HTTP/1.1\r\nhost: g", Silence).hang_up(),
        Attack::new("half a chunk", chunked, Refusal).then("10\r\nhalf", 1).hang_up(),
    ];
    for _ in 0..5 {
        attacks.push(Attack::new("100 MB with a length", head(100 * MIB), Refusal).then(&*mib, 100));
        attacks.push(Attack::new("100 MB in chunks", chunked, Refusal).then(&*chunk, 100));
        attacks.push(
            Attack::new("100 MB in one chunk", chunked, Refusal).then("6400000\r\n", 1).then(&*mib, 100),
        );
    }
    attacks
}
