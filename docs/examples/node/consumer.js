// A consumer of Redis streams that acknowledges after it has processed: an agent of docs/agent-protocol.md.
// Its libraries: npm ci
import fs from 'node:fs';
import {createClient} from 'redis';
import {Dealer} from 'zeromq';

const control = new Dealer({routingId: process.env.ASSAY_IDENTITY});
control.connect(process.env.ASSAY_CONTROL);
const tell = (body) => control.send(JSON.stringify(body));
const hear = async () => JSON.parse((await control.receive())[0]);

await tell({type: 'hello', protocol: 1, pid: process.pid, token: process.env.ASSAY_TOKEN});
const me = await hear();
const events = fs.openSync(me.events, 'a'), effects = fs.openSync(me.effects, 'a', 0o600);
const passes = {};
let stopAt, server, finished = false;

const record = (type, fields) =>
  fs.writeSync(events, JSON.stringify({type, time: Number(process.hrtime.bigint()), ...fields}) + '\n');

function point(window, message) {
  if (!/\/\d+$/.test(message)) return;  // a canary passes unmarked
  record('point', {window});
  passes[window] = (passes[window] ?? 0) + 1;
  if (stopAt?.window !== window || stopAt.occurrence !== passes[window]) return;
  process.kill(process.pid, 'SIGSTOP');
  record('point', {window: 'C.went_on'});  // how a pause shows that it did
}

async function subscribe() {
  const [host, port] = me.address.split(':');
  server = createClient({socket: {host, port: Number(port), reconnectStrategy: false}, password: process.env.ASSAY_SECRET});
  server.on('error', () => {});  // the command that it hits is told, too
  await server.connect();
  await server.sendCommand(['XGROUP', 'CREATE', me.channel, me.group, '0', 'MKSTREAM']).catch((error) => {
    if (!error.message.includes('BUSYGROUP')) throw error;
  });
  for (const dead of me.take_over)
    for (const [entry] of await server.sendCommand(['XPENDING', me.channel, me.group, '-', '+', '1000', dead]))
      await server.sendCommand(['XCLAIM', me.channel, me.group, me.name, '0', entry, 'JUSTID']);
  record('session', {phase: 'open'});
}

async function handle(entry, fields) {
  const bytes = fields[fields.indexOf('b') + 1], end = bytes.indexOf('\n');
  const [, , message, attempt, key] = bytes.slice(0, end).split(' ');
  record('deliver', {message, attempt: Number(attempt), key: key === '-' ? '' : key, body: bytes.slice(end + 1),
                     tag: entry, copy: `${me.channel}/${entry}`});
  point('C.received', message);
  fs.writeSync(effects, JSON.stringify({message, attempt: Number(attempt)}) + '\n');
  point('C.effect_before_ack', message);
  record('ack', {phase: 'invoke', tag: entry});
  const confirmed = await server.sendCommand(['XACK', me.channel, me.group, entry]);
  record('ack', {phase: confirmed ? 'confirmed' : 'refused', tag: entry});
  point('C.acked', message);
}

await subscribe();
await tell({type: 'ready'});
stopAt = (await hear()).stop_at;
hear().then(() => { finished = true; });  // bye
let after = '0';  // first what this name still holds, then what is new
while (!finished) {
  try {
    if (!server.isOpen) {
      await subscribe();
      after = '0';
    }
    const found = await server.sendCommand(['XREADGROUP', 'GROUP', me.group, me.name, 'COUNT', String(me.prefetch),
                                            ...(after === '>' ? ['BLOCK', '5'] : []), 'STREAMS', me.channel, after]);
    const entries = found?.[0]?.[1] ?? [];
    for (const [entry, fields] of entries) await handle(entry, fields);
    if (entries.length === 0) after = '>';
  } catch {  // what was not answered stays open on record; a new session begins
    await server.disconnect().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
process.exit(0);
