//! Waits for the head of a request, and leaves it in the kernel until it is whole.
//!
//! So a connection that sends nothing, or its head byte by byte, costs no more than its socket. Nothing is judged here
//! but where the head ends: hyper reads it afterwards, and refuses what is wrong with it.

use std::io;

use rustix::net::{RecvFlags, recv};
use tokio::{io::Interest, net::TcpStream};

/// The largest head, request line included. Tokens that are JWTs take some kilobytes.
pub(super) const LARGEST: usize = 32 << 10;

/// Waits until the connection's first head is there, or something that is none; returns how much is there, at most
/// [`LARGEST`] bytes.
///
/// # Errors
/// When the other end closes before that.
pub(super) async fn arrives(stream: &TcpStream) -> io::Result<usize> {
    let mut seen = 0;
    loop {
        let is_closed = stream.ready(Interest::READABLE).await?.is_read_closed();
        let looked = stream.try_io(Interest::READABLE, || look(stream, &mut seen));
        match looked {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && !is_closed => {}
            Err(_) if is_closed => return Err(io::ErrorKind::UnexpectedEof.into()),
            looked => return looked,
        }
    }
}

/// `WouldBlock` makes the next wait one for more than what was seen.
fn look(stream: &TcpStream, seen: &mut usize) -> io::Result<usize> {
    let mut buffer = [0; LARGEST];
    let (head, _) = recv(stream, &mut buffer, RecvFlags::PEEK)?;
    if *seen == head {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    *seen = head;
    let is_whole = buffer.get(..head).is_none_or(is_whole);
    if is_whole { Ok(head) } else { Err(io::ErrorKind::WouldBlock.into()) }
}

/// Whether this is a whole head, or will never be one.
fn is_whole(bytes: &[u8]) -> bool {
    // Blank lines before a request are allowed, and are not the end of anything.
    let begin = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    let Some((first, rest)) = bytes.get(begin..).and_then(<[u8]>::split_first) else {
        return bytes.len() >= LARGEST;
    };
    let lines = rest.iter().rposition(|byte| *byte == b'\n').and_then(|end| rest.get(..end));
    let has_end = lines.is_some_and(|lines| lines.split(|byte| *byte == b'\n').any(is_blank));
    // TLS, for example, begins with a byte that no method has.
    !first.is_ascii_graphic() || has_end || bytes.len() >= LARGEST
}

fn is_blank(line: &[u8]) -> bool {
    line.is_empty() || line == b"\r"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_a_blank_line() {
        let heads: [&[u8]; 4] = [
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\nhost: a\n\n",
            b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            b"POST / HTTP/1.1\r\nx: \xff\r\n\r\n",
        ];
        for head in heads {
            assert!(is_whole(head), "{}", head.escape_ascii());
            assert!(is_whole(&[head, b"and more"].concat()), "{}", head.escape_ascii());
            for end in 0..head.len() {
                assert!(!is_whole(head.get(..end).unwrap()), "{end} bytes of {}", head.escape_ascii());
            }
        }
    }

    #[test]
    fn what_is_no_head_is_not_waited_for() {
        assert!(is_whole(b"\x16\x03\x01\x02\x00"));
        assert!(is_whole(b"\0"));
        assert!(is_whole(&[b'a'; LARGEST]));
        assert!(is_whole(&[b'\n'; LARGEST]));
    }
}
