//! A client that speaks HTTP/1.1 by hand, as hostile ones do.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use tokio::net::TcpSocket;

/// Connects from an address of this machine, with as small a buffer for what comes back as there is.
pub fn connect_from(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.bind((IpAddr::from(from), 0).into()).unwrap();
        socket.connect(to).await.unwrap()
    });
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream
}

/// Sends a request and reads all that comes back.
pub fn ask(mut stream: impl Read + Write, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    rest(stream)
}

/// All that still comes until the connection is closed.
pub fn rest(mut stream: impl Read) -> String {
    let mut answer = Vec::new();
    // However it is closed: what came before is the answer.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A `GET` after which the connection is closed.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: notary\r\nConnection: close\r\n\r\n")
}
