// Checks the types of an answer: each refusal is a case of its own, and a missing case is a compilation error.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { BookVisitDocument, type BookVisitMutation } from './generated/operations';

type Outcome = BookVisitMutation['bookVisit'];

export function sentence(outcome: Outcome): string {
  switch (outcome.__typename) {
    case 'Visit':
      return outcome.reference;
    case 'SlotTaken':
      return `${outcome.message} ${outcome.alternatives.map((slot) => slot.startsAt).join()}`;
    default:
      return outcome.message;
  }
}

type Variables = typeof BookVisitDocument extends TypedDocumentNode<BookVisitMutation, infer V> ? V : never;
export const variables: Variables = { input: { slotId: 'Slot_x', idempotencyKey: 'a' } };
