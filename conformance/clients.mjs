// Apollo Client and urql, used as a frontend would use them: queries, mutations, typed refusals, coded errors,
// persisted queries, subscriptions over a socket.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, CombinedGraphQLErrors, ServerError } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, cacheExchange, subscriptionExchange } from '@urql/core';
import { parse, print, Kind, visit } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = `${process.env.SERVICE_URL}/graphql`;
const LOGIN = { login: 'jan.kowalski@example.pl', password: 'zielony rower na moście' };
const all = parse(readFileSync(new URL('./documents/patient.graphql', import.meta.url), 'utf8'));

// One operation with the fragments that it needs, as a bundler would extract it.
function cut(name) {
  const needed = new Map();
  const take = (definition) =>
    visit(definition, {
      FragmentSpread(spread) {
        const fragment = all.definitions.find((d) => d.kind === Kind.FRAGMENT_DEFINITION && d.name.value === spread.name.value);
        if (!needed.has(fragment.name.value)) { needed.set(fragment.name.value, fragment); take(fragment); }
      },
    });
  const operation = all.definitions.find((d) => d.kind === Kind.OPERATION_DEFINITION && d.name.value === name);
  take(operation);
  return { kind: Kind.DOCUMENT, definitions: [operation, ...needed.values()] };
}

function apollo(link) {
  const client = new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes: { Node: ['Clinic', 'Doctor', 'Slot', 'Visit', 'Patient'] } }) });
  const fetchPolicy = 'no-cache', errorPolicy = 'all';
  return {
    name: 'Apollo Client',
    query: async (name, variables) => (await client.query({ query: cut(name), variables, fetchPolicy, errorPolicy })),
    mutate: async (name, variables) => (await client.mutate({ mutation: cut(name), variables, fetchPolicy, errorPolicy })),
    codes: (error) => (CombinedGraphQLErrors.is(error) ? error.errors.map((e) => e.extensions.code) : []),
  };
}
const apolloOver = (headers) => apollo(new HttpLink({ uri: url, headers: headers() }));

function urql(headers) {
  const client = new Client({ url, preferGetMethod: false, exchanges: [cacheExchange, fetchExchange], fetchOptions: () => ({ headers: headers() }) });
  return {
    name: 'urql',
    query: (name, variables) => client.query(cut(name), variables, { requestPolicy: 'network-only' }).toPromise(),
    mutate: (name, variables) => client.mutation(cut(name), variables).toPromise(),
    codes: (error) => error.graphQLErrors.map((e) => e.extensions.code),
  };
}

async function journey(make) {
  let token = '';
  const headers = () => (token ? { authorization: `Bearer ${token}` } : {});
  let client = make(headers);

  const clinics = (await client.query('Clinics', { first: 5 })).data.clinics;
  assert.ok(clinics.nodes.length > 0 && clinics.pageInfo.endCursor);

  const wrong = (await client.mutate('LogIn', { input: { ...LOGIN, password: 'not his' } })).data.logIn;
  assert.equal(wrong.__typename, 'WrongCredentials');
  assert.ok(wrong.message.length > 10);

  const stranger = await client.mutate('BookVisit', { input: { slotId: clinics.nodes[0].nextFreeSlot.id } });
  assert.deepEqual(client.codes(stranger.error), ['UNAUTHENTICATED']);

  token = (await client.mutate('LogIn', { input: LOGIN })).data.logIn.token;
  client = make(headers);
  const clinic = clinics.nodes[1];
  const slots = (await client.query('FreeSlots', { filter: { clinicId: clinic.id }, first: 3 })).data.freeSlots;
  const slotId = slots.edges[0].node.id;
  const input = { slotId, idempotencyKey: randomUUID() };
  const booked = (await client.mutate('BookVisit', { input })).data.bookVisit;
  assert.equal(booked.__typename, 'Visit');
  assert.equal((await client.mutate('BookVisit', { input })).data.bookVisit.id, booked.id, 'the same key, the same answer');
  const taken = (await client.mutate('BookVisit', { input: { slotId } })).data.bookVisit;
  assert.equal(taken.__typename, 'SlotTaken');
  assert.ok(taken.alternatives.length > 0 && taken.message);
  assert.equal((await client.query('Again', { id: booked.id })).data.node.reference, booked.reference);
  assert.ok((await client.query('PlannedVisits', { first: 10 })).data.me.patient.plannedVisits.nodes.some((v) => v.id === booked.id));
  const cancelled = (await client.mutate('CancelVisit', { input: { visitId: booked.id } })).data.cancelVisit;
  assert.equal(cancelled.status, 'CANCELLED');
  console.log(`${client.name}: queries, mutations, refusals and errors as documented`);
}

await journey(apolloOver);
await journey(urql);

// Receives each change of the clinic's slots as it happens: Jan books a slot and cancels the visit.
async function calendar(name, subscribe) {
  const { data } = await jans.mutate('LogIn', { input: LOGIN });
  const jan = apolloOver(() => ({ authorization: `Bearer ${data.logIn.token}` }));
  const clinicId = (await jan.query('Clinics', { first: 5 })).data.clinics.nodes[3].id;
  const slotId = (await jan.query('FreeSlots', { filter: { clinicId }, first: 1 })).data.freeSlots.edges[0].node.id;
  const seen = [];
  const end = subscribe(clinicId, (change) => change.slot.id === slotId && seen.push(change.isFree));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const visit = (await jan.mutate('BookVisit', { input: { slotId } })).data.bookVisit;
  for (let n = 0; n < 100 && seen.at(-1) !== false; n++) await new Promise((resolve) => setTimeout(resolve, 50));
  await jan.mutate('CancelVisit', { input: { visitId: visit.id } });
  for (let n = 0; n < 100 && seen.at(-1) !== true; n++) await new Promise((resolve) => setTimeout(resolve, 50));
  end();
  assert.deepEqual([seen[0], seen.at(-1)], [false, true]);
  console.log(`${name}: subscriptions over a socket`);
}

const jans = apolloOver(() => ({}));
const socket = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
const live = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
await calendar('Apollo Client', (clinicId, onChange) => {
  const changes = live.subscribe({ query: cut('SlotChanges'), variables: { clinicId } });
  const subscription = changes.subscribe(({ data }) => onChange(data.slotChanges));
  return () => subscription.unsubscribe();
});
const forwarded = subscriptionExchange({
  forwardSubscription: ({ query, variables }) => ({ subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }) }),
});
const urqls = new Client({ url, preferGetMethod: false, exchanges: [fetchExchange, forwarded] });
await calendar('urql', (clinicId, onChange) => {
  const subscription = urqls.subscription(print(cut('SlotChanges')), { clinicId }).subscribe(({ data }) => data && onChange(data.slotChanges));
  return () => subscription.unsubscribe();
});
await socket.dispose();

const hashed = new PersistedQueryLink({ sha256: (text) => createHash('sha256').update(text).digest('hex') });
let posts = 0;
const counting = new HttpLink({ uri: url, fetch: (...request) => { posts += 1; return fetch(...request); } });
const persisted = apollo(ApolloLink.from([hashed, counting]));
assert.ok((await persisted.query('ServiceHours')).data.serviceHours);
assert.equal(posts, 2, 'the hash alone, then hash and text');
assert.ok((await persisted.query('ServiceHours')).data.serviceHours);
assert.equal(posts, 3, 'the hash alone is enough now');
console.log('Apollo Client: automatic persisted queries');
