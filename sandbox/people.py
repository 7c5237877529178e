"""The people, Pages and accounts that a new world begins with, and more of them on demand."""

from sandbox import ids
from sandbox.things import Account, Page, Person
from sandbox.world import World

ALL_TASKS = ["ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
NO_PUBLISHING = ["ANALYZE", "ADVERTISE", "MODERATE"]


def seed(world: World) -> World:
    """Put Ada Marin and Ben Okoye in, with what each sign-in failure needs.

    Ada manages two Pages with an Instagram account and one without. Ben has a Page on which he may
    not publish, and one that is fine. Ids are the same in every world, so that they can be typed.
    """
    ada = _person(world, "1020000000000001", "Ada Marin")
    ben = _person(world, "1020000000000002", "Ben Okoye")
    clay = _account(world, 1, "clay.studio", "Clay Studio", ada, "#b4532a")
    harbour = _account(world, 2, "harbour.cafe", "Harbour Café", ada, "#1f6f8b")
    prints = _account(world, 3, "ben.prints", "Ben's Prints", ben, "#4b5d16")
    okoye = _account(world, 4, "okoye.foto", "Okoye Foto", ben, "#6b2d73")
    _page(world, 1, "Clay Studio", clay, {ada.id: ALL_TASKS})
    _page(world, 2, "Harbour Café", harbour, {ada.id: ALL_TASKS})
    _page(world, 3, "Old Bakery", None, {ada.id: ALL_TASKS})
    _page(world, 4, "Ben's Prints", prints, {ben.id: NO_PUBLISHING})
    _page(world, 5, "Okoye Foto", okoye, {ben.id: ALL_TASKS})
    world.changed()
    return world


def new_world() -> World:
    """A seeded world in memory."""
    return seed(World())


def add_accounts(world: World, *, count: int, person: str = "Ada Marin") -> list[Account]:
    """Give *person* that many more Pages with an Instagram account each, for benchmarks."""
    owner = world.person(person)
    made = []
    for _ in range(count):
        serial = len(world.accounts) + 1
        account = world.add_account(
            Account(
                id=ids.professional_account_id(),
                app_scoped_id=ids.app_scoped_id(),
                username=f"shop.{serial:05d}",
                name=f"Shop {serial}",
                owner=owner.id,
            )
        )
        world.add_page(
            Page(
                id=ids.page_id(),
                name=account.name,
                account_id=account.id,
                tasks={owner.id: list(ALL_TASKS)},
            )
        )
        made.append(account)
    world.changed()
    return made


def _person(world: World, person_id: str, name: str) -> Person:
    person = Person(id=person_id, name=name)
    world.people[person.id] = person
    return person


def _account(
    world: World, serial: int, username: str, name: str, owner: Person, color: str
) -> Account:
    return world.add_account(
        Account(
            id=f"1784140000000000{serial}",
            app_scoped_id=f"2500000000000000{serial}",
            username=username,
            name=name,
            owner=owner.id,
            color=color,
            biography=f"{name}. A practice account.",
            followers_count=120 * serial,
            follows_count=30 * serial,
        )
    )


def _page(
    world: World, serial: int, name: str, account: Account | None, tasks: dict[str, list[str]]
) -> Page:
    return world.add_page(
        Page(
            id=f"10000000000010{serial}",
            name=name,
            account_id=account.id if account else None,
            tasks={person_id: list(allowed) for person_id, allowed in tasks.items()},
        )
    )
