/**
 * Goes before the program of each pod that runs on Node (NODE_OPTIONS), and gives it what a cluster has and this machine
 * has not: Services by their names, and a memory limit that can be asked for. Plain JavaScript, for it is a part of each
 * cold start.
 */
'use strict';

const net = require('node:net');

// Not HOST, which may be the user's own.
const { LOCAL_HOSTS_FILE: hostsFile, LOCAL_MEMORY_BYTES: memoryBytes } = process.env;
const { LOCAL_ADDRESS: address, HOSTNAME: ownName } = process.env;
/** A line of the file, where this user may not listen on ports below 1024: how much is added to them. */
const OFFSET = /^# low ports: \+(\d+)$/m;
const LOW_PORTS = 1_024;
/** Milliseconds for which the file is not read again. */
const FRESH_MS = 100;
/** Few programs look names up themselves, and those later than in their first milliseconds. */
const LOOKUP_AFTER_MS = 50;

let known = { atMs: Number.NEGATIVE_INFINITY, addresses: new Map(), offset: 0 };

if (hostsFile !== undefined) {
  connectByName();
  setTimeout(lookUpByName, LOOKUP_AFTER_MS).unref();
}
if (memoryBytes !== undefined) knowMemoryLimit(Number(memoryBytes));

/** All TCP and TLS of Node begins here: fetch, node:http, drivers of databases. */
function connectByName() {
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...args) {
    // Node's own callers give one array of options and listener; it is marked, so the same array goes on.
    const given = Array.isArray(args[0]) ? args[0] : args;
    const found = optionsOf(given);
    if (found !== undefined) given.splice(0, found.replaced, found.options);
    return connect.apply(this, args);
  };
}

/** Where to connect instead, and how many arguments that stands for; undefined: nothing here has that name. */
function optionsOf([first, second]) {
  if (typeof first === 'object' && first !== null) {
    const to = first.path ? undefined : addressOf(first.host);
    if (to === undefined) return undefined;
    return { replaced: 1, options: { ...first, ...target(to, first.port, first.localAddress) } };
  }
  const to = addressOf(second);
  return to === undefined ? undefined : { replaced: 2, options: target(to, first) };
}

/** From the pod's own address: who is called may ask where the call comes from. */
function target(host, port, localAddress) {
  const isLow = known.offset > 0 && Number(port) < LOW_PORTS;
  return { host, port: isLow ? Number(port) + known.offset : port, localAddress: localAddress ?? address };
}

function lookUpByName() {
  const dns = require('node:dns');
  const { lookup, promises } = dns;
  const byPromise = promises.lookup;
  // With what it carries for util.promisify.
  dns.lookup = Object.assign((name, ...rest) => lookup(addressOf(name) ?? name, ...rest), symbolsOf(lookup));
  promises.lookup = (name, options) => byPromise(addressOf(name) ?? name, options);
  require('node:module').syncBuiltinESMExports();
}

function symbolsOf(object) {
  return Object.fromEntries(Object.getOwnPropertySymbols(object).map((key) => [key, object[key]]));
}

function addressOf(name) {
  if (typeof name !== 'string' || name === '' || name === 'localhost' || net.isIP(name) !== 0) return undefined;
  const host = name.toLowerCase().replace(/\.$/, '');
  if (host === ownName) return address;
  if (performance.now() - known.atMs > FRESH_MS) known = read();
  return known.addresses.get(host);
}

function read() {
  const atMs = performance.now();
  try {
    const text = require('node:fs').readFileSync(hostsFile, 'utf8');
    const addresses = new Map();
    for (const line of text.split('\n')) {
      if (line.startsWith('#')) continue;
      const [to, ...names] = line.split(/\s+/);
      for (const name of names) addresses.set(name, to);
    }
    return { atMs, addresses, offset: Number(OFFSET.exec(text)?.[1] ?? 0) };
  } catch {
    // The cluster is being removed.
    return { ...known, atMs };
  }
}

/** As in a container with a limit. */
function knowMemoryLimit(bytes) {
  process.constrainedMemory = () => bytes;
  process.availableMemory = () => Math.max(0, bytes - process.memoryUsage.rss());
}
