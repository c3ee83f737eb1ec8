//! factors: the prime factors of numbers. A small HTTP server in Rust, linked to the C library as Rust does it.
//!
//!     GET /factors/360    2 2 2 3 3 5

mod factors;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

/// Trial division of a larger number may take longer than anyone waits.
const LARGEST: u64 = 1 << 48;
const LONGEST_REQUEST: u64 = 4096;
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> std::io::Result<()> {
    end_on_signals();
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_string());
    let listener = TcpListener::bind(format!("0.0.0.0:{port}"))?;
    let user = std::fs::metadata("/proc/self")?.uid();
    println!("listening on port {} as user {user}", listener.local_addr()?.port());
    for connection in listener.incoming().flatten() {
        std::thread::spawn(move || serve(connection));
    }
    Ok(())
}

/// What goes wrong with one connection is the matter of that connection.
fn serve(mut connection: TcpStream) -> std::io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new((&connection).take(LONGEST_REQUEST)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (status, body) = answer(&request);
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}\n",
        body.len() + 1
    )
}

fn answer(request: &str) -> (&'static str, String) {
    let path = request.split(' ').nth(1).unwrap_or_default();
    let number = match path.strip_prefix("/factors/") {
        Some(text) => text.parse::<u64>(),
        None => return ("404 Not Found", "try /factors/360".to_string()),
    };
    match number {
        Ok(number) if number <= LARGEST => {
            let words: Vec<String> = factors::factors(number).iter().map(u64::to_string).collect();
            ("200 OK", words.join(" "))
        }
        _ => ("400 Bad Request", format!("numbers from 0 to {LARGEST}, please")),
    }
}

/// As process 1 a container's program is ended by signals only if it says so. The C library is linked anyway.
fn end_on_signals() {
    extern "C" fn end(_: i32) {
        unsafe { _exit(0) }
    }
    extern "C" {
        fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
        fn _exit(status: i32) -> !;
    }
    for number in [2, 15] {
        unsafe { signal(number, end) };
    }
}
