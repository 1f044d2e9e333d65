//! The desk of an emulator: reads requests, lets things go wrong, keeps the books.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::mishap::{Chance, Mishap};
use super::request::{Fault, Request};
use super::{Api, Execution, Order};

type Response = hyper::Response<Full<Bytes>>;

pub(super) struct Desk {
    api: Box<dyn Api>,
    books: Mutex<Books>,
}

pub(super) struct Books {
    pub(super) chance: Chance,
    pub(super) mishaps_to_come: VecDeque<Mishap>,
    pub(super) life: u32,
    pub(super) requests: u64,
    pub(super) executions: Vec<Execution>,
    pub(super) faults: Vec<String>,
}

pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(attend(stream, Arc::clone(&desk)));
    }
}

async fn attend(stream: TcpStream, desk: Arc<Desk>) {
    let life = desk.books().life;
    let answer = service_fn(|request| {
        let desk = Arc::clone(&desk);
        async move { desk.answer(request, life).await }
    });
    // A connection that is broken off ends with an error here.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

impl Desk {
    pub(super) fn new(api: impl Api, chance: Chance) -> Self {
        let books = Books {
            chance,
            mishaps_to_come: VecDeque::new(),
            life: 0,
            requests: 0,
            executions: Vec::new(),
            faults: Vec::new(),
        };
        Self { api: Box::new(api), books: Mutex::new(books) }
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error closes the connection. A request that its sender did not live to finish is none.
    async fn answer(&self, request: hyper::Request<Incoming>, life: u32) -> io::Result<Response> {
        let request = Request::receive(request).await?;
        let read = self.api.read(&request);
        let mut books = self.books();
        books.requests += 1;
        let orders = match read {
            Ok(orders) => orders,
            Err(fault) => {
                books.faults.push(format!("{} {}: {fault}", request.method, request.path));
                return Ok(self.api.failure(&fault).into());
            }
        };
        match books.draw() {
            None => Ok(self.api.success(&orders, books.execute(&orders, true, life)).into()),
            Some(Mishap::Answers(status)) => Ok(self.api.failure(&Fault::of_provider(status)).into()),
            Some(Mishap::BreaksOff) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Mishap::LosesAnswer) => {
                books.execute(&orders, false, life);
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }
}

impl Books {
    fn draw(&mut self) -> Option<Mishap> {
        self.mishaps_to_come.pop_front().or_else(|| self.chance.draw())
    }

    /// Returns the request's number.
    fn execute(&mut self, orders: &[Order], is_answered: bool, life: u32) -> u64 {
        let number = self.requests;
        let done = orders.iter().map(|order| Execution { order: order.clone(), number, is_answered, life });
        self.executions.extend(done);
        number
    }
}
