use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Error, Result};

/// A command may run a long script, so this only catches a browser that hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// Firefox's own protocol for tests: JSON over TCP, each message with its length before it. It can all
/// that is needed here, and needs no other program and no WebSocket.
pub(crate) struct Marionette {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    next: u64,
}

impl Marionette {
    /// Connects to the port that the browser wrote into its profile.
    pub(crate) fn connect(port: u16) -> Result<Self> {
        let failed = || Error::io("no connection to Firefox");
        let writer = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(failed())?;
        writer
            .set_read_timeout(Some(ANSWER_LIMIT))
            .map_err(failed())?;
        let reader = BufReader::new(writer.try_clone().map_err(failed())?);
        let mut marionette = Self {
            reader,
            writer,
            next: 0,
        };
        // It speaks first, and says what it is.
        marionette.receive("its greeting")?;
        Ok(marionette)
    }

    /// Sends a command, and waits for its answer.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        const COMMAND: u8 = 0;
        self.next += 1;
        let message = json!([COMMAND, self.next, method, params]).to_string();
        write!(self.writer, "{}:{message}", message.len())
            .map_err(|error| no_answer(method, &error))?;
        let mut answer = self.receive(method)?;
        if answer[2].is_null() {
            return Ok(answer[3].take());
        }
        Err(Error::Refused {
            method: method.to_owned(),
            message: answer[2]["message"].as_str().unwrap_or_default().to_owned(),
        })
    }

    fn receive(&mut self, method: &str) -> Result<Value> {
        let failed = |error: std::io::Error| no_answer(method, &error);
        let mut length = 0;
        loop {
            let mut byte = [0];
            self.reader.read_exact(&mut byte).map_err(failed)?;
            match byte[0] {
                b':' => break,
                digit if digit.is_ascii_digit() => length = length * 10 + usize::from(digit - b'0'),
                other => return Err(Error::Other(format!("Firefox said {other} for a length"))),
            }
        }
        let mut message = vec![0; length];
        self.reader.read_exact(&mut message).map_err(failed)?;
        Ok(serde_json::from_slice(&message)?)
    }
}

fn no_answer(method: &str, error: &std::io::Error) -> Error {
    Error::NoAnswer {
        method: method.to_owned(),
        reason: error.to_string(),
    }
}
