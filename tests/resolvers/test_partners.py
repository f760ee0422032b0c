"""Partners through the API: an administrator adds one, renews its key, which is shown once, and removes it."""

from typing import Any

import pytest

from infra import database
from models.audit import AuditEntry
from models.events.partner import Partner, PartnerKey
from schema.scalars import public_id
from tests import cast
from tests.support.client import Client, client_of, id_of

ADD = """mutation ($input: AddPartnerInput!) { addPartner(input: $input) { __typename
    ... on PartnerKey { key othersEndAt partner { id name showsReferences createdAt removedAt clinics { id } } }
    ... on InvalidInput { fields { path code } } } }"""
ROTATE = """mutation ($input: RotatePartnerKeyInput!) { rotatePartnerKey(input: $input) { __typename
    ... on PartnerKey { key othersEndAt } } }"""
REMOVE = """mutation ($input: RemovePartnerInput!) { removePartner(input: $input) { __typename
    ... on Partner { removedAt } } }"""
LATEST = "{ latestEventCursor }"


@pytest.fixture
async def adam(fresh: None) -> Client:
    return await client_of(await cast.adam())


async def add(adam: Client, **more: Any) -> Any:
    given = {"name": "Zdrowie Razem", "clinicIds": [id_of(await cast.clinic())], **more}
    return await adam.do(ADD, **given)


async def test_a_partner_is_added_and_its_key_shown_once_works_at_once(adam: Client) -> None:
    clinic = await cast.clinic()
    added = await add(adam, clinicIds=[id_of(clinic)], showsReferences=True)
    assert added["othersEndAt"] is None
    partner = added["partner"]
    assert (partner["name"], partner["showsReferences"], partner["removedAt"]) == ("Zdrowie Razem", True, None)
    assert partner["clinics"] == [{"id": id_of(clinic)}]
    assert await Client(added["key"]).ask(LATEST)
    listed = await adam.send("{ partners { id name clinics { name } } }")
    assert listed["data"]["partners"][0]["id"] == partner["id"]
    everything = str(listed)
    for table in ("partner", "partner_key", "audit_entry"):
        everything += str(await database.fetch(f"SELECT * FROM {table}"))
    assert added["key"].removeprefix("erp_") not in everything


@pytest.mark.parametrize(
    ("wrong", "path"),
    [({"name": " "}, ["name"]), ({"name": "x" * 101}, ["name"]), ({"clinicIds": []}, ["clinicIds"])],
)
async def test_what_is_wrong_is_named_and_nothing_is_added(
    adam: Client, wrong: dict[str, Any], path: list[str]
) -> None:
    refused = await add(adam, **wrong)
    assert refused["__typename"] == "InvalidInput"
    assert [field["path"] for field in refused["fields"]] == [path]
    assert not await Partner.exists()
    assert not await AuditEntry.exists()


async def test_a_clinic_that_is_not_there_adds_nobody(adam: Client) -> None:
    gone = await cast.clinic()
    await gone.delete()
    assert (await add(adam, clinicIds=[id_of(gone)]))["fields"] == [{"path": ["clinicIds"], "code": "MALFORMED"}]
    assert not await PartnerKey.exists()


async def test_a_renewed_key_and_the_old_one_both_work_and_none_after_the_removal(adam: Client) -> None:
    added = await add(adam)
    renewed = await adam.do(ROTATE, partnerId=added["partner"]["id"])
    assert renewed["othersEndAt"] == "2026-11-24T09:00:00+01:00"
    for key in (added["key"], renewed["key"]):
        assert await Client(key).ask(LATEST)
    assert (await adam.do(REMOVE, partnerId=added["partner"]["id"]))["removedAt"]
    for key in (added["key"], renewed["key"]):
        assert await Client(key).code(LATEST) == "UNAUTHENTICATED"
    for document in (ROTATE, REMOVE):
        assert (await adam.do(document, partnerId=added["partner"]["id"]))["__typename"] == "PartnerNotFound"
    done = await AuditEntry.all().order_by("id")
    assert [entry.action for entry in done] == ["add_partner", "rotate_partner_key", "remove_partner"]


async def test_an_unknown_partners_id_is_refused_and_an_id_of_another_type_is_bad_input(adam: Client) -> None:
    clinic = await cast.clinic()
    assert (await adam.do(ROTATE, partnerId=public_id("Partner", clinic.id)))["__typename"] == "PartnerNotFound"
    assert await adam.code(ROTATE, input={"partnerId": id_of(clinic)}) == "BAD_USER_INPUT"


async def test_a_key_in_a_cookie_is_no_key(adam: Client) -> None:
    added = await add(adam)
    client = Client()
    client.headers["cookie"] = f"__Host-session={added['key']}"
    assert await client.code(LATEST) == "UNAUTHENTICATED"


async def test_the_earlier_key_ends_now_if_it_has_leaked(adam: Client) -> None:
    added = await add(adam)
    rotated = await adam.do(ROTATE, partnerId=added["partner"]["id"], endOthersNow=True)
    assert await Client(added["key"]).code(LATEST) == "UNAUTHENTICATED"
    assert await Client(rotated["key"]).ask(LATEST)
