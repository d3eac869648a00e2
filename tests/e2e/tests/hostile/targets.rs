//! Paths and methods: nothing leads anywhere that is no route.

use super::attack::{
    Attack,
    Expected::{Last, Refusal, Sanity, Status},
};

/// Paths that lead nowhere, whoever resolves them.
const NOWHERE: [&str; 50] = [
    "/../",
    "/..",
    "/../health",
    "/./health",
    "/task/..",
    "/task/../health",
    "/task/../../etc/passwd",
    "//",
    "//health",
    "//task",
    "/health/",
    "/health//",
    "/task/",
    "/task//",
    "/HEALTH",
    "/Task",
    "/%2e%2e/health",
    "/%2e/health",
    "/..%2fhealth",
    "/%2fhealth",
    "/task%2f..%2fhealth",
    "/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/%252e%252e/health",
    "/%c0%ae%c0%ae/health",
    "/%00",
    "/health%00",
    "/health%20",
    "/health%0d%0aX: y",
    "/health;a=b",
    "/;/health",
    "/task;/health",
    "/\\..\\health",
    "/health\\",
    "/.git/config",
    "/.env",
    "/metrics",
    "/ready",
    "/live",
    "/actuator/health",
    "/server-status",
    "/wp-login.php",
    "/cgi-bin/sh",
    "/debug/pprof/",
    "/favicon.ico",
    "/robots.txt",
    "/~root",
    "/*",
    "/{id}",
    "/:id",
    "/@",
];

/// Ids of tasks that are none.
const IDS: [&str; 22] = [
    "x",
    "0",
    "-1",
    "null",
    "%00",
    "%ff",
    "%c0%af",
    "%",
    "%2",
    "%zz",
    "%2e%2e",
    "..%2f..%2f",
    "%252f",
    "{}",
    "*",
    "00000000-0000-0000-0000-00000000000g",
    "0192f0c1-2345-7abc-8def-0123456789abcd",
    "%30%31%39%32",
    "'%20or%201=1",
    "a;b",
    "a%0ab",
    "0192f0c1-2345-7abc-8def-0123456789ab%00",
];

/// Targets that are no paths; [`BAD`] no targets at all.
const FORMS: [&str; 14] = [
    "http://g/health",
    "http://evil.example/health",
    "https://g/health",
    "HTTP://G/health",
    "http://g:99999/health",
    "http://u:p@g/task",
    "ftp://g/health",
    "*",
    "g:80",
    "/health?%",
    "/health?\u{e9}",
    "/health?a=%00&a=%ff",
    "/health?wait=-1",
    "/?/../health",
];

const BAD: [&[u8]; 15] = [
    b"health",
    b"",
    b"\0",
    b"/\0",
    b"/a\0b",
    b"/\xff",
    b"/\xc0\xaf",
    b"/a b",
    b"/a\tb",
    b"/\x7f",
    b"/\x1b",
    b"?",
    b"#",
    b"/a\rb",
    b"://",
];

const METHODS: [&str; 20] = [
    "TRACE",
    "TRACK",
    "OPTIONS",
    "PUT",
    "PATCH",
    "DELETE",
    "PROPFIND",
    "MKCOL",
    "MOVE",
    "LOCK",
    "PURGE",
    "DEBUG",
    "BREW",
    "PRI",
    "GETT",
    "get",
    "Get",
    "M-SEARCH",
    "X",
    "!#$%&'*+-.^_`|~",
];

const BAD_METHODS: [&[u8]; 12] = [
    b"",
    b" ",
    b"GET\0",
    b"\0GET",
    b"G\xffT",
    b"\xc3\xa9",
    b"GE T",
    b"GET,",
    b"(GET)",
    b"\"GET\"",
    b"GET:",
    b"[GET]",
];

pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for path in NOWHERE {
        attacks.push(Attack::new(format!("GET {path:?}"), request("GET", path), Refusal));
        attacks.push(Attack::new(format!("POST {path:?}"), request("POST", path), Refusal));
    }
    for id in IDS {
        attacks.push(Attack::new(format!("task {id:?}"), request("GET", &format!("/task/{id}")), Refusal));
    }
    for form in FORMS {
        attacks.push(Attack::new(format!("GET {form:?}"), request("GET", form), Sanity));
    }
    for target in BAD {
        let bytes = [b"GET ", target, b" HTTP/1.1\r\nhost: g\r\n\r\n"].concat();
        attacks.push(Attack::new(target.escape_ascii().to_string(), bytes, Refusal));
    }
    attacks.extend(methods());
    attacks.extend(long());
    attacks
}

fn methods() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for method in METHODS {
        for path in ["/task", "/health", "/nowhere", "*"] {
            attacks.push(Attack::new(format!("{method} {path}"), request(method, path), Refusal));
        }
    }
    for target in ["g:443", "127.0.0.1:22", "/health", "*", "http://g/", "g", "[::1]:80"] {
        attacks.push(Attack::new(format!("CONNECT {target}"), request("CONNECT", target), Refusal));
    }
    for method in BAD_METHODS {
        let bytes = [method, b" /health HTTP/1.1\r\nhost: g\r\n\r\n"].concat();
        attacks.push(Attack::new(method.escape_ascii().to_string(), bytes, Last(400)));
    }
    attacks
}

fn long() -> Vec<Attack> {
    let kib = "a".repeat(1024);
    let end = " HTTP/1.1\r\nhost: g\r\n\r\n";
    vec![
        Attack::new("a path of 31 KB", "GET /", Status(404)).then(&*kib, 31).then(end, 1),
        Attack::new("a path of 1 MB", "GET /", Last(431)).then(&*kib, 1024).then(end, 1),
        Attack::new("a query of 1 MB", "GET /health?", Last(431)).then(&*kib, 1024).then(end, 1),
        Attack::new("a method of 1 MB", "", Last(431)).then(&*kib, 1024).then(end, 1),
        Attack::new("10,000 slashes", "GET ", Status(404)).then("/", 10_000).then(end, 1),
        Attack::new("5,000 times up", "GET ", Status(404)).then("/..", 5_000).then(end, 1),
        Attack::new("10,000 escapes", "GET /", Status(404)).then("%2f", 10_000).then(end, 1),
        Attack::new("an id of 30 KB", "GET /task/", Refusal).then(&*kib, 30).then(end, 1),
    ]
}

fn request(method: &str, target: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n")
}
