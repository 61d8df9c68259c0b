// Trees of `updatectl repo` are read by tuf-js, and a tree made with @tufjs/models is read by tuf-client.
// Usage: node interop.mjs MODULES UPDATECTL TUF_CLIENT; MODULES: folder with node_modules
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import {createRequire} from 'node:module';
import os from 'node:os';
import path from 'node:path';

const [modules, updatectl, tufClient] = process.argv.slice(2);
const require = createRequire(path.join(modules, 'package.json'));
const {Updater} = require('tuf-js');
const models = require('@tufjs/models');

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'interop-'));
process.on('exit', () => fs.rmSync(root, {recursive: true, force: true}));
const at = (...parts) => path.join(root, ...parts);

function run(program, ...words) {
  return new Promise((resolve) => {
    const child = spawn(program, words, {stdio: ['ignore', 'pipe', 'pipe']});
    let said = '';
    child.stdout.on('data', (data) => (said += data));
    child.stderr.on('data', (data) => (said += data));
    child.on('close', (code) => resolve({code, said}));
  });
}
async function must(program, ...words) {
  const {code, said} = await run(program, ...words);
  assert.equal(code, 0, `${words.join(' ')}: ${said}`);
}

function serve(folder) {
  return new Promise((resolve) => {
    const server = http.createServer((request, response) => {
      const file = path.join(folder, decodeURIComponent(request.url));
      if (!fs.existsSync(file)) return response.writeHead(404).end();
      response.writeHead(200).end(fs.readFileSync(file));
    });
    server.listen(0, '127.0.0.1', () => resolve({server, url: `http://127.0.0.1:${server.address().port}`}));
  });
}

async function ourTreeByTheirClient(scheme) {
  const dir = at(`ours-${scheme}`), secret = at('secret'), program = at('agent');
  fs.writeFileSync(secret, 'words\n');
  fs.writeFileSync(program, `program for ${scheme}`);
  const signing = ['--dir', dir, '--passphrase-file', secret];
  await must(updatectl, 'repo', 'init', ...signing, '--scheme', scheme);
  const release = async (version, channel, product = 'agent') => {
    await must(updatectl, 'repo', 'add', '--dir', dir, '--product', product, '--version', version,
               '--artifact', `agent:bin/agent=${program},os=linux,arch=x86_64`);
    await must(updatectl, 'repo', 'publish', ...signing, '--product', product, '--version', version, '--channel', channel);
  };
  await release('1.0.0', 'stable');
  await release('1.0.0', 'stable', 'agent++');
  const {server, url} = await serve(path.join(dir, 'public'));
  const metadataDir = at(`their-store-${scheme}`), targetDir = at(`their-targets-${scheme}`);
  fs.mkdirSync(metadataDir);
  fs.mkdirSync(targetDir);
  fs.copyFileSync(path.join(dir, 'public/metadata/1.root.json'), path.join(metadataDir, 'root.json'));
  const updater = () => new Updater({metadataDir, targetDir, metadataBaseUrl: `${url}/metadata`, targetBaseUrl: `${url}/targets`});
  const read = async (name) => {
    const theirs = updater();
    await theirs.refresh();
    const info = await theirs.getTargetInfo(name);
    return info && fs.readFileSync(await theirs.downloadTarget(info), 'utf8');
  };
  assert.equal(await read('agent/stable/linux-x86_64-1.0.0-agent'), `program for ${scheme}`);
  assert.equal(JSON.parse(await read('agent/stable/releases.json')).releases[0].version, '1.0.0');
  assert.equal(JSON.parse(await read('agent++/stable/releases.json')).product, 'agent++');
  assert.equal(await read('agent/beta/releases.json'), undefined);
  for (const role of ['timestamp', 'snapshot', 'targets', 'root']) await must(updatectl, 'repo', 'rotate', role, ...signing);
  await release('1.1.0', 'beta');
  assert.equal(JSON.parse(await read('agent/beta/releases.json')).releases[0].version, '1.1.0');
  await must(updatectl, 'repo', 'check', '--dir', dir);
  server.close();
}

/// All four roles, a delegation by path and one by hash bins would need two repositories: `bins` says which.
async function theirTreeByOurClient(bins) {
  const dir = at(`theirs-${bins}`);
  fs.mkdirSync(path.join(dir, 'metadata'), {recursive: true});
  fs.mkdirSync(path.join(dir, 'targets/dir'), {recursive: true});
  const keys = {};
  const keyOf = (role) => {
    const {publicKey, privateKey} = crypto.generateKeyPairSync('ec', {namedCurve: 'P-256'});
    const value = {keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256',
                   keyval: {public: publicKey.export({type: 'spki', format: 'pem'})}, extra: 'unknown \u00fc member'};
    const keyID = crypto.createHash('sha256').update(JSON.stringify(value) + role).digest('hex');
    const key = models.Key.fromJSON(keyID, structuredClone(value));
    keys[role] = {key, sign: (bytes) => new models.Signature({keyID, sig: crypto.sign('sha256', bytes, privateKey).toString('hex')})};
    return key;
  };
  const expires = '2099-01-01T00:00:00Z', specVersion = '1.0.34', version = 1;
  const content = Buffer.from('target by tufjs');
  const target = new models.TargetFile({path: 'dir/some file.txt', length: content.length,
    hashes: {sha512: crypto.createHash('sha512').update(content).digest('hex')}});
  const rootSigned = new models.Root({specVersion, version, expires, consistentSnapshot: true});
  for (const role of ['root', 'timestamp', 'snapshot', 'targets']) rootSigned.addKey(keyOf(role), role);
  const delegate = keyOf('delegate');
  const delegated = new models.Targets({specVersion, version, expires, targets: {[target.path]: target}});
  const role = {keyids: [delegate.keyID], threshold: 1};
  const keyed = {keys: {[delegate.keyID]: delegate.toJSON()}};
  const delegations = bins
    ? {...keyed, succinct_roles: {...role, bit_length: 5, name_prefix: 'bin'}}
    : {...keyed, roles: [{...role, name: 'a role/with ?', terminating: false, paths: ['dir/*.txt']}]};
  const targets = models.Targets.fromJSON({_type: 'targets', spec_version: specVersion, version, expires, targets: {}, delegations});
  const name = [...targets.delegations.rolesForTarget(target.path)][0].role;
  const meta = {'targets.json': new models.MetaFile({version: 1}), [`${name}.json`]: new models.MetaFile({version: 1})};
  const snapshot = new models.Snapshot({specVersion, version, expires, meta, unrecognizedFields: {note: ['x', 1, null, true]}});
  const timestamp = new models.Timestamp({specVersion, version, expires, snapshotMeta: new models.MetaFile({version: 1})});
  const write = (file, signed, role) => {
    const metadata = new models.Metadata(signed);
    metadata.sign(keys[role].sign);
    fs.writeFileSync(path.join(dir, 'metadata', file), JSON.stringify(metadata.toJSON()));
  };
  write('1.root.json', rootSigned, 'root');
  write('timestamp.json', timestamp, 'timestamp');
  write('1.snapshot.json', snapshot, 'snapshot');
  write('1.targets.json', targets, 'targets');
  fs.mkdirSync(path.join(dir, 'metadata', '1.a role'));
  write(bins ? `1.${name}.json` : '1.a role/with ?.json', delegated, 'delegate');
  fs.writeFileSync(path.join(dir, 'targets/dir', `${target.hashes.sha512}.some file.txt`), content);
  const {server, url} = await serve(dir);
  const store = at(`our-store-${bins}`), into = at(`our-targets-${bins}`);
  await must(tufClient, '--metadata-dir', store, 'init', path.join(dir, 'metadata/1.root.json'));
  await must(tufClient, '--metadata-url', `${url}/metadata`, '--metadata-dir', store, '--target-name', target.path,
             '--target-dir', into, '--target-base-url', `${url}/targets`, 'download');
  const [file] = fs.readdirSync(into);
  assert.deepEqual(fs.readFileSync(path.join(into, file)), content);
  server.close();
}

for (const scheme of ['ed25519', 'ecdsa', 'rsa']) await ourTreeByTheirClient(scheme);
for (const bins of [false, true]) await theirTreeByOurClient(bins);
console.log('tuf-js reads our trees with three kinds of keys, and tuf-client reads two trees of @tufjs/models');
