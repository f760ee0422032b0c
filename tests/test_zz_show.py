from tests.test_faults_logged import *
async def test_show(service, http):
    with postgres.running(service.home / "postgres") as url:
        database = await asyncpg.connect(url)
        await database.execute("ALTER TABLE visit ADD CONSTRAINT provoked CHECK (reason IS NULL)")
        await database.close()
        r = await post(http, "BookVisit", input={"slotId": await a_free_slot(http), "reason": REASON})
    l = service.log(); i = l.find("provoked"); print(l[i-300:i+900]); print(r.text[:300])
