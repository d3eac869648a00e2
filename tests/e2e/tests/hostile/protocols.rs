//! What is no HTTP/1.1 at all.

use super::attack::{
    Attack,
    Expected::{Last, Refusal, Sanity, Silence},
};

/// Greetings of other protocols that are refused by their first bytes.
const STRANGE: [(&str, &[u8]); 18] = [
    ("TLS", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"),
    ("TLS alert", b"\x15\x03\x03\x00\x02\x02\x28"),
    ("SSL 2", b"\x80\x2e\x01\x00\x02\x00\x15"),
    ("SOCKS 4", b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00"),
    ("SOCKS 5", b"\x05\x01\x00"),
    ("PROXY 2", b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a\x21\x11\x00\x0c"),
    ("MQTT", b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c"),
    ("AMQP", b"\x00\x00\x09\x01"),
    ("NUL", b"\0"),
    ("NULs", &[0; 4096]),
    ("0xff", &[0xff; 4096]),
    ("UTF-16", b"\xff\xfeG\0E\0T\0 \0/\0"),
    ("UTF-16, other end first", b"\0G\0E\0T\0 \0/"),
    ("a byte order mark", b"\xef\xbb\xbfGET /health HTTP/1.1\r\n\r\n"),
    ("a blank", b" GET /health HTTP/1.1\r\n\r\n"),
    ("a tab", b"\tGET /health HTTP/1.1\r\n\r\n"),
    ("Redis", b"*1\r\n$4\r\nPING\r\n\r\n"),
    ("PROXY 1", b"PROXY TCP4 127.0.0.1 127.0.0.2 1 2\r\nGET /health HTTP/1.1\r\n\r\n"),
];

/// Request lines that are none.
const LINES: [&str; 32] = [
    "GET /health",
    "GET /health ",
    "GET  /health HTTP/1.1",
    "GET /health  HTTP/1.1",
    "GET\t/health HTTP/1.1",
    "GET /health\tHTTP/1.1",
    "GET /health HTTP/1.1 ",
    "GET /health HTTP/1.1 x",
    "GET /health HTTP",
    "GET /health HTTP/",
    "GET /health HTTP/1",
    "GET /health HTTP/1.",
    "GET /health HTTP/.1",
    "GET /health HTTP/1.2",
    "GET /health HTTP/1.9",
    "GET /health HTTP/0.9",
    "GET /health HTTP/2",
    "GET /health HTTP/2.0",
    "GET /health HTTP/3.0",
    "GET /health HTTP/9.9",
    "GET /health HTTP/01.1",
    "GET /health HTTP/1.01",
    "GET /health HTTP/1.1.1",
    "GET /health http/1.1",
    "GET /health HTTPS/1.1",
    "GET /health HTCPCP/1.1",
    "GET /health HTTP/-1.1",
    "GET /health HTTP/1.1\0",
    "GET",
    "/health",
    "GET/health HTTP/1.1",
    "HTTP/1.1 200 OK",
];

/// Beginnings that are never a whole head: nothing comes back.
const NEVER: [&str; 8] = [
    "GET /\r\n",
    "GET /health HTTP/1.1\r\n",
    "\r\n\r\n\r\n\r\n",
    "\n\n\n\n",
    "SSH-2.0-OpenSSH_9.9\r\n",
    "EHLO example.com\r\n",
    "GET /health HTTP/1.1\r\nhost: g\r\n",
    "stats\r\n",
];

const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (name, bytes) in STRANGE {
        attacks.push(Attack::new(name, bytes, Last(400)));
        attacks.push(Attack::new(format!("{name}, and hangs up"), bytes, Refusal).hang_up());
    }
    for line in LINES {
        attacks.push(Attack::new(format!("{line:?}"), format!("{line}\r\nhost: g\r\n\r\n"), Last(400)));
    }
    for begin in NEVER {
        attacks.push(Attack::new(format!("{begin:?}"), begin, Silence));
        attacks.push(Attack::new(format!("{begin:?}, and hangs up"), begin, Silence).hang_up());
    }
    attacks.extend(versions());
    attacks
}

fn versions() -> Vec<Attack> {
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    vec![
        Attack::new("HTTP/2", PREFACE, Silence),
        Attack::new("HTTP/2 with settings", PREFACE, Silence).then(*settings, 1),
        Attack::new("HTTP/2 with 10,000 frames", PREFACE, Silence).then(*settings, 10_000),
        Attack::new("HTTP/1.0", "GET /health HTTP/1.0\r\n\r\n", Last(200)),
        Attack::new(
            "HTTP/1.0 that is kept",
            "GET /health HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
            Sanity,
        ),
        Attack::new("HTTP/1.1 without a host", "GET /health HTTP/1.1\r\n\r\n", Sanity),
        Attack::new("line feeds alone", "GET /health HTTP/1.1\nhost: g\n\n", Sanity),
        Attack::new("blank lines first", "\r\n\r\n\r\nGET /health HTTP/1.1\r\nhost: g\r\n\r\n", Sanity),
        Attack::new("a request and half a sender", "GET /health HTTP/1.1\r\nhost: g\r\n\r\n", Sanity)
            .hang_up(),
        Attack::new("nothing", "", Silence).hang_up(),
    ]
}
