//! Odd, broken and enormous headers and tokens.

use super::attack::{
    Attack,
    Expected::{Last, Refusal, Sanity, Status},
};

/// Whole header blocks that are no header blocks.
const BROKEN: [&[u8]; 28] = [
    b"a: b\r\n folded: c\r\n",
    b"a: b\r\n\tc\r\n",
    b" a: b\r\n",
    b"\ta: b\r\n",
    b": b\r\n",
    b":\r\n",
    b"a\r\n",
    b"a b\r\n",
    b"a : b\r\n",
    b"a\t: b\r\n",
    b"a b: c\r\n",
    b"a\0: b\r\n",
    b"a: b\0c\r\n",
    b"a: \0\r\n",
    b"\0: b\r\n",
    b"a\x7f: b\r\n",
    b"a: b\x7f\r\n",
    b"a: b\x01c\r\n",
    b"a: b\x1b[31m\r\n",
    b"a: b\rc: d\r\n",
    b"a: b\r\rc: d\r\n",
    b"\xc3\xa9: b\r\n",
    b"\xff: b\r\n",
    b"a(b): c\r\n",
    b"a,b: c\r\n",
    b"a/b: c\r\n",
    b"{\"job_token\": \"x\"}\r\n",
    b"@: b\r\n",
];

/// Values that are odd but allowed, or that somebody downstream may take for something else.
const ODD: [&[u8]; 27] = [
    b"host: a\r\nhost: b\r\n",
    b"host:\r\n",
    b"host: \xff\xfe\r\n",
    b"host: g:99999999\r\n",
    b"host: ../../etc\r\n",
    b"x: \xff\xfe\x80\r\n",
    b"x: \xc0\xaf\r\n",
    b"x: \xf0\x9f\x92\xa9\r\n",
    b"x:\r\n",
    b"x: \t \r\n",
    b"connection: close, keep-alive, close\r\n",
    b"connection: job-token\r\n",
    b"connection: \xff\r\n",
    b"upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
    b"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n",
    b"expect: 100-continue\r\n",
    b"expect: 200-ok\r\n",
    b"expect: \xff\r\n",
    b"te: trailers, deflate;q=0.5\r\n",
    b"x-forwarded-for: 127.0.0.1\r\n",
    b"x-forwarded-for: \xff, ,,;\r\n",
    b"forwarded: for=\"_\r\n",
    b"x-http-method-override: DELETE\r\n",
    b"x-original-url: /metrics\r\n",
    b"range: bytes=0-,0-,0-,0-,0-\r\n",
    b"traceparent: 00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff\r\n",
    b"content-encoding: gzip\r\n",
];

/// No tokens, though something may take them for some.
const TOKENS: [&[u8]; 34] = [
    b"",
    b" ",
    b"x",
    b"null",
    b"undefined",
    b"\"\"",
    b"0",
    b"../../admin",
    b"%00",
    b"%0d%0aX-Injected: 1",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf0\x9f\x94\x91",
    b"a b c",
    b"a\tb",
    b"a,b",
    b"a;b",
    b"'; DROP TABLE jobs; --",
    b"{{7*7}}",
    b"${jndi:ldap://127.0.0.1/a}",
    b"$(reboot)",
    b"`reboot`",
    b"<script>alert(1)</script>",
    b"glpat-xxxxxxxxxxxxxxxxxxxx",
    b"guassp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    b"..",
    b"a.b.c",
    b"eyJ.eyJ.eyJ",
    b"eyJhbGciOiJub25lIn0.eyJqb2JfaWQiOiIxIiwicGlwZWxpbmVfaWQiOiIxIn0.",
    b"[[[[[[[[",
    b"%s%n%x",
    b"\x80\x81\x82",
];

const SCHEMES: [&[u8]; 7] = [
    b"job-token: ",
    b"authorization: Bearer ",
    b"authorization: bearer\t",
    b"authorization: Basic ",
    b"authorization: ",
    b"private-token: ",
    b"job-token: x\r\njob-token: ",
];

pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for block in BROKEN {
        attacks.push(Attack::new(name(block), get(block), Last(400)));
    }
    for block in ODD {
        attacks.push(Attack::new(name(block), get(block), Sanity));
        attacks.push(Attack::new(
            name(block),
            [b"POST /task HTTP/1.1\r\nhost: g\r\n", block, b"\r\n"].concat(),
            Refusal,
        ));
    }
    attacks.extend(large());
    attacks
}

/// Each token in each place where one may be looked for.
pub(crate) fn tokens() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for token in TOKENS {
        for scheme in SCHEMES {
            let header = [scheme, token].concat();
            let post = [b"POST /task HTTP/1.1\r\nhost: g\r\nconnection: close\r\n", &header[..], b"\r\n\r\n"]
                .concat();
            attacks.push(Attack::new(name(&header), post, Refusal));
        }
    }
    attacks
}

fn get(block: &[u8]) -> Vec<u8> {
    [b"GET /health HTTP/1.1\r\nhost: g\r\n", block, b"\r\n"].concat()
}

fn large() -> Vec<Attack> {
    let post = "POST /task HTTP/1.1\r\nhost: g\r\n";
    let kib = "x".repeat(1024);
    let attack = |what: &str, expected| Attack::new(what, post, expected);
    vec![
        attack("10,000 headers", Last(431)).then("x: y\r\n", 10_000).then("\r\n", 1),
        attack("10,000 headers without a value", Last(431)).then("x:\r\n", 10_000).then("\r\n", 1),
        attack("101 headers", Last(431)).then("x: y\r\n", 100).then("\r\n", 1),
        attack("100 headers", Status(401)).then("x: y\r\n", 99).then("\r\n", 1),
        attack("a header of 1 MB", Last(431)).then("x: ", 1).then(&*kib, 1024).then("\r\n\r\n", 1),
        attack("a name of 1 MB", Last(431)).then(&*kib, 1024).then(": x\r\n\r\n", 1),
        attack("a head of 100 MB", Refusal).then("x: y\r\n", 100 << 20 >> 3).then("\r\n", 1),
        attack("a head without an end", Refusal).then("x", 33 << 10),
        attack("a job token of 1 MB", Last(431)).then("job-token: ", 1).then(&*kib, 1024).then("\r\n\r\n", 1),
        attack("a bearer of 1 MB", Last(431))
            .then("authorization: Bearer ", 1)
            .then(&*kib, 1024)
            .then("\r\n\r\n", 1),
        attack("a job token of 30 KB", Status(401))
            .then("job-token: ", 1)
            .then(&*kib, 30)
            .then("\r\n\r\n", 1),
        attack("a cookie of 31 KB", Status(401)).then("cookie: ", 1).then(&*kib, 31).then("\r\n\r\n", 1),
        attack("99 tokens", Refusal).then("job-token: x\r\n", 98).then("\r\n", 1),
    ]
}

fn name(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
