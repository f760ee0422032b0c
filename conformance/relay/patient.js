// The queries of a Relay frontend; the compiler checks it against the SDL and Relay's own rules.
import { graphql } from 'relay-runtime';

export const clinics = graphql`
  query patientClinicsQuery($first: Int!) {
    ...patient_clinics @arguments(first: $first)
  }
`;

export const clinicPages = graphql`
  fragment patient_clinics on Query
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
  @refetchable(queryName: "patientClinicsPaginationQuery") {
    clinics(first: $first, after: $after) @connection(key: "patient_clinics") {
      edges {
        node {
          id
          name
          nextFreeSlot {
            id
            startsAt
          }
        }
      }
    }
  }
`;

export const visit = graphql`
  fragment patient_visit on Visit @refetchable(queryName: "patientVisitRefetchQuery") {
    reference
    startsAt
    status
  }
`;

export const book = graphql`
  mutation patientBookVisitMutation($input: BookVisitInput!) {
    bookVisit(input: $input) {
      __typename
      ... on Visit {
        ...patient_visit @alias(as: "visit")
      }
      ... on Problem {
        message
      }
    }
  }
`;
