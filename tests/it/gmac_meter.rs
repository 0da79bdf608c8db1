//! A DLMS/COSEM meter that ciphers and proves itself by GMAC: the server and the HDLC link of the crate
//! `dlms-cosem-rs`, behind a socket. Its objects alone are ours.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use dlms_cosem_rs::{
    acse::AuthMechanism,
    axdr::{Data, DateTime},
    codec::{Encode as _, ErrorKind, Writer},
    cosem::{AttributeAccess, MethodAccess},
    obis::Obis,
    security::{KeyRing, RandomSource, RustCryptoProvider, SecurityPolicy, SecuritySuite, SystemTitle},
    server::{ObjectStore, Server, ServerConfig, StoreResult},
    transport::hdlc::{Address, Connection, Event, Parameters, Reassembler, Role, decode_frame},
    xdlms::{DataAccessResult, SelectiveAccess},
};

pub(crate) const ENCRYPTION_KEY: [u8; 16] = *b"seventeen less 1";
pub(crate) const AUTHENTICATION_KEY: [u8; 16] = *b"another sixteen!";
pub(crate) const SERIAL: &str = "44009977";
const TITLE: SystemTitle = SystemTitle::new(*b"LMP\0\0\0\x01\x02");

/// The public client and the one with keys.
const PUBLIC: u8 = 16;
const KEYED: u8 = 1;
const COUNTER: Obis = Obis::new(0, 0, 43, 1, 0, 255);
const NAME: Obis = Obis::new(0, 0, 96, 1, 0, 255);
const CLOCK: Obis = Obis::new(0, 0, 1, 0, 0, 255);
const OBJECTS: Obis = Obis::new(0, 0, 40, 0, 0, 255);
/// As much as a frame of ours may hold.
const INFORMATION: u16 = 512;
const BYTES: usize = 2048;

/// A register: its name, what it counts, the power of ten, the code of its unit.
pub(crate) const REGISTERS: [([u8; 6], u32, i8, u8); 4] = [
    ([1, 0, 1, 8, 0, 255], 12_345_678, -3, 30),
    ([1, 0, 2, 8, 0, 255], 4_000_000_001, 0, 30),
    ([1, 0, 3, 8, 0, 255], 917_250, -2, 32),
    ([1, 0, 32, 7, 0, 255], 2_301, -1, 35),
];

/// Serves one reader after another until the test ends; answers where.
pub(crate) fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut meter = Meter::new();
        for stream in listener.incoming().flatten() {
            // Who leaves closes the socket.
            let _ = meter.talk(stream);
        }
    });
    address
}

type Device = Server<Objects, RustCryptoProvider<Dice>, BYTES>;

/// One logical device, as each of its clients sees it.
struct Meter {
    sides: [Side; 2],
}

struct Side {
    client: Address,
    link: Connection,
    device: Box<Device>,
    unit: Vec<u8>,
}

impl Side {
    fn new(client: u8, ciphered: bool) -> Self {
        let own = Address::server(1, 17);
        let client = Address::client(client);
        let limits = Parameters { max_info_tx: INFORMATION, max_info_rx: INFORMATION, ..Parameters::DEFAULT };
        let keys =
            if ciphered { KeyRing::new(ENCRYPTION_KEY, AUTHENTICATION_KEY) } else { KeyRing::default() };
        let config = ServerConfig {
            system_title: Some(TITLE),
            mechanism: if ciphered { AuthMechanism::HighGmac } else { AuthMechanism::None },
            security: if ciphered {
                SecurityPolicy::authenticated_encrypted(SecuritySuite::Suite0)
            } else {
                SecurityPolicy::NONE
            },
            // A message fits into a frame.
            max_pdu_size: INFORMATION - 60,
            ..ServerConfig::default()
        };
        let device = Server::new(config, Objects, RustCryptoProvider::with_rng(keys, Dice));
        let link = Connection::new(Role::Server, own, client, limits);
        Self { client, link, device: Box::new(device), unit: vec![0; BYTES] }
    }
}

impl Meter {
    fn new() -> Self {
        Self { sides: [Side::new(PUBLIC, false), Side::new(KEYED, true)] }
    }

    fn talk(&mut self, mut stream: TcpStream) -> std::io::Result<()> {
        let (mut heard, mut chunk) = (Vec::new(), [0; 512]);
        loop {
            let count = stream.read(&mut chunk)?;
            if count == 0 {
                return Ok(());
            }
            heard.extend_from_slice(&chunk[..count]);
            while !heard.is_empty() {
                match decode_frame(&heard) {
                    Ok((frame, used)) => {
                        let side = self.sides.iter_mut().find(|side| side.client == frame.source);
                        let reply = side.map(|side| side.answer(&frame)).unwrap_or_default();
                        stream.write_all(&reply)?;
                        heard.drain(..used);
                    }
                    Err(error) if matches!(error.kind, ErrorKind::Truncated { .. }) => break,
                    Err(_) => _ = heard.remove(0),
                }
            }
        }
    }
}

impl Side {
    fn answer(&mut self, frame: &dlms_cosem_rs::transport::hdlc::Frame<'_>) -> Vec<u8> {
        let mut out = vec![0; BYTES];
        let mut unit = Reassembler::new(&mut self.unit);
        match self.link.handle(frame, &mut unit) {
            Ok(Event::AcknowledgeRequired) => {
                // A link that opens or closes forgets its association.
                self.device.reset();
                let count = self.link.acknowledge(&mut out).unwrap();
                out.truncate(count);
                out
            }
            Ok(Event::Lsdu) => {
                let mut message = vec![0; BYTES];
                let request = unit.lsdu().get(3..).unwrap_or_default();
                let Ok(count) = self.device.handle(request, &mut message) else { return Vec::new() };
                let unit = [&[0xE6, 0xE7, 0x00], &message[..count]].concat();
                let mut pieces = self.link.segmenter(&unit).unwrap();
                let count = self.link.next_frame(&mut pieces, &mut out).unwrap().unwrap();
                out.truncate(count);
                out
            }
            Ok(Event::PollRequired) => {
                let count = self.link.poll(&mut out).unwrap();
                out.truncate(count);
                out
            }
            Ok(Event::Idle | Event::Connected | Event::Disconnected) | Err(_) => Vec::new(),
        }
    }
}

/// What the meter holds, the same for whoever asks.
struct Objects;

impl Objects {
    /// Class, name, and how many attributes there are.
    fn list() -> Vec<(u16, Obis)> {
        let registers = REGISTERS.map(|(name, ..)| (3, Obis(name)));
        [&[(15, OBJECTS), (1, NAME), (1, COUNTER), (8, CLOCK)], &registers[..]].concat()
    }
}

impl ObjectStore for Objects {
    fn get_attribute(
        &self,
        class: u16,
        name: Obis,
        attribute: i8,
        _selection: Option<SelectiveAccess<'_>>,
        out: &mut dyn Writer,
    ) -> StoreResult<()> {
        let bad = |_| DataAccessResult::OtherReason;
        let register = REGISTERS.iter().find(|(known, ..)| Obis(*known) == name);
        match (class, attribute, register) {
            (15, 2, _) if name == OBJECTS => {
                let list = Self::list();
                out.write_u8(1).map_err(bad)?;
                out.write_length(list.len()).map_err(bad)?;
                for (class, name) in list {
                    // Class, version, name, and empty lists of rights to attributes and methods.
                    let [high, low] = class.to_be_bytes();
                    out.write_bytes(&[2, 4, 0x12, high, low, 0x11, 0, 0x09, 6]).map_err(bad)?;
                    out.write_bytes(&name.as_bytes()[..]).map_err(bad)?;
                    out.write_bytes(&[2, 2, 1, 0, 1, 0]).map_err(bad)?;
                }
                Ok(())
            }
            (1, 2, _) if name == NAME => Data::OctetString(SERIAL.as_bytes()).encode(out).map_err(bad),
            // The last one that was used.
            (1, 2, _) if name == COUNTER => Data::DoubleLongUnsigned(41).encode(out).map_err(bad),
            (8, 2, _) if name == CLOCK => {
                Data::DateTime(DateTime::from_civil(2026, 11, 23, 10, 0, 0, 0)).encode(out).map_err(bad)
            }
            (3, 2, Some((_, value, ..))) => Data::DoubleLongUnsigned(*value).encode(out).map_err(bad),
            (3, 3, Some((_, _, scaler, unit))) => {
                let [scaler] = scaler.to_be_bytes();
                out.write_bytes(&[2, 2, 0x0F, scaler, 0x16, *unit]).map_err(bad)
            }
            _ => Err(DataAccessResult::ObjectUndefined),
        }
    }

    fn attribute_access(&self, _: u16, _: Obis, _: i8) -> AttributeAccess {
        AttributeAccess::READ
    }

    fn method_access(&self, _: u16, _: Obis, _: i8) -> MethodAccess {
        MethodAccess::empty()
    }
}

/// The same challenge every time: nobody listens here.
struct Dice;

impl RandomSource for Dice {
    fn fill(&self, out: &mut [u8]) -> dlms_cosem_rs::codec::Result<()> {
        out.fill(0xB7);
        Ok(())
    }
}
