"""What readers would type in six languages, and what they must find; and what nobody may find."""
# ruff: noqa: E501 - the texts are one line each

import asyncio
import time
from datetime import UTC, datetime
from unicodedata import normalize
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, func, select

from app.database import Database, Writing
from app.models import Searchable
from app.policy import words
from app.policy.search import Audience, Cursor, Kind, Place
from app.services import search
from app.services.search import Said
from tests.world import service, settings

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HERE = Place(UUID(int=1), Audience.PUBLIC)

TEXTS = {
    "en1": "We ask operators to publish prices for international connectivity. Landlocked developing"
    " countries pay most, and exchange points keep local traffic local.",
    "en2": "Children deserve protection online. Schools, parents and platforms share responsibility"
    " for teaching them to recognise abuse.",
    "en3": "Universal acceptance of internationalized domain names and e-mail addresses remains"
    " incomplete: many forms still refuse them.",
    "en4": "A multi-stakeholder policy should be transparent. Governments, academia and civil society"
    " took part in drafting the recommendations.",
    "fr1": "Les opérateurs devraient réduire les coûts de la connectivité internationale ; les points"
    " d’échange gardent le trafic local dans nos régions.",
    "fr2": "La protection des données personnelles exige des règles claires et l’indépendance des"
    " autorités qui les surveillent.",
    "fr3": "L’enseignement des compétences numériques aux femmes réduit l’écart entre les sexes ; nos"
    " écoles rurales manquent d’électricité.",
    "fr4": "Une communauté multilingue a besoin de contenus dans les langues africaines, créés par"
    " celles et ceux qui les parlent.",
    "es1": "La brecha digital de género se reduce con educación y con conexiones asequibles para las"
    " mujeres rurales.",
    "es2": "Proponemos políticas públicas contra el correo no deseado y la ciberdelincuencia, con"
    " cooperación entre países.",
    "es3": "Los pueblos indígenas piden nombres de dominio en sus lenguas; la diversidad lingüística"
    " enriquece Internet.",
    "es4": "La seguridad de las redes exige inversión: los gobiernos deberían financiar equipos de"
    " respuesta a incidentes.",
    "ru1": "Мы предлагаем развивать национальные точки обмена трафиком, чтобы снизить стоимость"
    " подключения для сельских жителей.",
    "ru2": "Защита детей в сети требует обучения родителей и учителей, а также ответственности"
    " крупных платформ.",
    "ru3": "Многоязычные доменные имена должны приниматься всеми приложениями; почтовые системы ещё"
    " не готовы.",
    "ru4": "Государства обязаны уважать неприкосновенность частной жизни и хранить персональные"
    " данные граждан безопасно.",
    "ar1": "نقترح سياسات واضحة لحماية البيانات الشخصية للمستخدمين وضمان خصوصيتهم على الإنترنت.",
    "ar2": "يحتاج الأطفال إلى الحماية على الشبكة، وعلى المدارس والأسر أن تتقاسم المسؤولية.",
    "ar3": "دعم اللغة العربية في أسماء النطاقات شرط لمشاركة المجتمعات المحلية، وينبغي للتطبيقات أن"
    " تقبلها.",
    "ar4": "تتحمل الدول النامية غير الساحلية تكاليف مرتفعة للتوصيل الدولي؛ ونطالب المشغلين بخفض"
    " الأسعار.",
    "zh1": "我们建议各国降低国际互联网连接的费用，并在农村地区建设网络交换点。",
    "zh2": "保护儿童上网安全需要学校、家长和平台共同承担责任。",
    "zh3": "多语言域名和电子邮件地址的普遍接受仍然不足，许多应用程序拒绝中文域名。",
    "zh4": "政府应当保护个人数据和隐私，打击网络犯罪与垃圾邮件。",
}
ASKED = {
    # English: other numbers, other forms, compounds, case.
    "price connectivity": "en1",
    "landlocked country": "en1",
    "exchange point": "en1",
    "child protection": "en2",
    "protecting children": "en2",
    "responsibilities of schools": "en2",
    "internationalised domain name": "en3",
    "email address": "en3",
    "accepting domain names": "en3",
    "multistakeholder policies": "en4",
    "TRANSPARENCY of policies": "en4",
    "recommendation drafted by government": "en4",
    # French: with and without accents, elisions, inflections.
    "operateur connectivite": "fr1",
    "coût": "fr1",
    "point d'échange": "fr1",
    "donnée personnelle": "fr2",
    "donnees personnelles": "fr2",
    "règle indépendante": "fr2",
    "competence numerique": "fr3",
    "écart entre les sexes": "fr3",
    "école rurale": "fr3",
    "electricite": "fr3",
    "langue africaine": "fr4",
    "contenu multilingue": "fr4",
    # Spanish.
    "brecha de genero": "es1",
    "mujer rural": "es1",
    "conexión asequible": "es1",
    "politica publica": "es2",
    "políticas contra el correo": "es2",
    "cooperacion país": "es2",
    "pueblo indígena": "es3",
    "diversidad linguistica": "es3",
    "lengua": "es3",
    "red segura": "es4",
    "gobierno": "es4",
    "inversiones": "es4",
    # Russian: cases and numbers, ё and е.
    "точка обмена": "ru1",
    "национальных точек": "ru1",
    "сельский житель": "ru1",
    "дети": "ru2",
    "защиту ребенка": "ru2",
    "ответственность платформы": "ru2",
    "доменное имя": "ru3",
    "многоязычное приложение": "ru3",
    "еще не готова": "ru3",
    "персональных данных": "ru4",
    "частная жизнь": "ru4",
    "государство": "ru4",
    # Arabic: article, particles, marks, variants of letters, broken plurals.
    "سياسة": "ar1",
    "حماية البيانات": "ar1",
    "الخصوصية": "ar1",
    "الانترنت": "ar1",
    "حِمَايَة الأَطْفَال": "ar2",
    "طفل": "ar2",
    "مدرسة": "ar2",
    "مسؤولية": "ar2",
    "اللغه العربيه": "ar3",
    "اسم النطاق": "ar3",
    "المجتمع المحلي": "ar3",
    "دولة نامية": "ar4",
    "تكلفة": "ar4",
    "سعر": "ar4",
    # Chinese: words, and words run together.
    "互联网": "zh1",
    "农村": "zh1",
    "费用": "zh1",
    "网络交换": "zh1",
    "儿童": "zh2",
    "儿童安全": "zh2",
    "学校的责任": "zh2",
    "中文域名": "zh3",
    "电子邮件": "zh3",
    "多语言": "zh3",
    "隐私保护": "zh4",
    "个人数据": "zh4",
    "网络犯罪": "zh4",
    "垃圾邮件": "zh4",
}
LEAST = 0.9


def key(name: str) -> UUID:
    return UUID(int=10 + sorted(TEXTS).index(name))


@pytest.fixture
async def library(database: Database) -> Database:
    async with database.writing() as db:
        for name, text in TEXTS.items():
            said = [Said(name[:2], text, text.split()[0])]
            await search.index(db, Kind.INPUT, key(name), said, place=HERE, at=NOW)
    return database


async def found(database: Database, said: str, *places: Place, **more) -> list[UUID]:
    async with database.reading() as db:
        return [each.key for each in (await search.find(db, said, places, **more)).hits]


async def test_readers_find_what_they_would_type_in_six_languages(library, capsys):
    assert len(ASKED) >= 60
    missed: dict[str, list[str]] = {}
    first = 0
    for said, expected in ASKED.items():
        hits = await found(library, said, HERE)
        if key(expected) not in hits:
            missed.setdefault(expected[:2], []).append(said)
        first += hits[:1] == [key(expected)]
    count = sum(map(len, missed.values()))
    recall = 1 - count / len(ASKED)
    with capsys.disabled():
        print(f"\nrecall {recall:.3f} of {len(ASKED)} queries, first {first}; missed {missed}")  # noqa: T201 - the figure is asked for
    assert recall >= LEAST


async def test_what_has_all_words_comes_alone_and_some_words_are_told(library):
    async with library.reading() as db:
        strict = await search.find(db, "domain names", [HERE])
        some = await search.find(db, "domain zebra", [HERE])
        none = await search.find(db, "zebra", [HERE])
    assert ([each.key for each in strict.hits], strict.loose) == ([key("en3")], False)
    assert (key("en3") in {each.key for each in some.hits}, some.loose) == (True, True)
    assert (none.total, none.loose) == (0, False)


async def test_only_the_places_of_the_reader_are_found_and_counted(library):
    elsewhere = Place(UUID(int=2), Audience.PUBLIC)
    inside = Place(HERE.scope_id, Audience.MEMBERS)
    async with library.writing() as db:
        for place in (elsewhere, inside):
            said = [Said("en", "Domain names of the members")]
            await search.index(db, Kind.DOCUMENT, uuid4(), said, place=place, at=NOW)
    async with library.reading() as db:
        for places, total in (
            ([], 0),
            ([HERE], 1),
            ([HERE, elsewhere], 2),
            ([HERE, elsewhere, inside], 3),
            ([Place(elsewhere.scope_id, Audience.MEMBERS)], 0),
        ):
            got = await search.find(db, "domain names", places)
            assert (got.total, len(got.hits)) == (total, total)
        assert (await search.find(db, "members", [HERE])).total == 0


async def test_pages_by_cursor_are_the_whole_and_nothing_twice(database):
    keys = [uuid4() for _ in range(25)]
    async with database.writing() as db:
        for number, each in enumerate(keys):
            said = [Said("en", "connectivity " * (1 + number % 3) + "and prices")]
            await search.index(db, Kind.INPUT, each, said, place=HERE, at=NOW)
    seen, after, totals = [], None, set()
    async with database.reading() as db:
        while True:
            page = await search.find(db, "connectivity", [HERE], after=after, limit=10)
            seen += [each.key for each in page.hits]
            totals.add(page.total)
            if page.next is None:
                break
            after = Cursor.read(str(page.next))
        beyond = await search.find(db, "connectivity", [HERE], after=Cursor(1e9, 0))
    assert (sorted(seen), totals) == (sorted(keys), {25})
    assert (beyond.hits, beyond.total) == ([], 25)


async def test_of_very_many_hits_the_newest_are_ranked_and_the_others_follow(database, monkeypatch):
    """Everything that one may see is counted, and is on one page; nothing else is."""
    monkeypatch.setattr(search, "RANKED", 9)
    keys, hidden = [uuid4() for _ in range(25)], uuid4()
    inside = Place(HERE.scope_id, Audience.MEMBERS)
    async with database.writing() as db:
        for number, each in enumerate(keys):
            said = [Said("en", "connectivity " * (1 + number % 3) + "and prices")]
            await search.index(db, Kind.INPUT, each, said, place=HERE, at=NOW)
        said = [Said("en", "connectivity")]
        await search.index(db, Kind.INPUT, hidden, said, place=inside, at=NOW)
    seen, after, pages = list[search.Hit](), None, []
    async with database.reading() as db:
        while True:
            page = await search.find(db, "connectivity", [HERE], after=after, limit=4)
            seen += page.hits
            pages.append((len(page.hits), page.total))
            if page.next is None:
                break
            after = Cursor.read(str(page.next))
    assert pages == [(4, 25), (4, 25), (1, 25), (4, 25), (4, 25), (4, 25), (4, 25)]
    ranked, others = seen[:9], seen[9:]
    assert {each.key for each in ranked} == set(keys[-9:])
    assert [each.score for each in ranked] == sorted(each.score for each in ranked)
    assert len({each.score for each in ranked}) == 3
    assert [each.key for each in others] == keys[:16][::-1]
    assert {each.score for each in others} == {0}

    wanted = select(Searchable.key).where(col(Searchable.key).in_(keys[:12]))
    async with database.reading() as db:
        some = await search.find(db, "connectivity", [HERE], among=wanted, limit=4)
        whole = await search.find(db, "connectivity", [HERE], limit=100)
    assert (some.total, whole.total, len(whole.hits), whole.next) == (12, 25, 25, None)


@pytest.mark.parametrize(
    "said", ["5G", "1e5", "covid19", "2fa", "٣٤", "ⅷ", "ꭓꭓꭓ", "𞤀𞤣𞤤", "x_y", "l’eau"]
)
async def test_a_word_of_any_letters_and_digits_is_found_as_it_is_written(database, said):
    """Whatever a database, or the locale of its machine, takes for a letter or a number."""
    async with database.writing() as db:
        texts = [Said("en", f"Before {said} after", f"Head {said}")]
        await search.index(db, Kind.INPUT, uuid4(), texts, place=HERE, at=NOW)
        other = [Said("en", "Before and after")]
        await search.index(db, Kind.INPUT, uuid4(), other, place=HERE, at=NOW)
    assert len(await found(database, said, HERE)) == 1


async def test_a_cursor_may_be_any_number(database):
    async with database.reading() as db:
        for score in (-1.0, 0.0, 1e300):
            far = Cursor(score, 2**62 - 1)
            assert (await search.find(db, "connectivity", [HERE], after=far)).total == 0


async def added(database: Database) -> None:
    async with database.writing() as db:
        said = [Said("en", "landlocked countries")]
        await search.index(db, Kind.INPUT, uuid4(), said, place=HERE, at=NOW)


async def unsorted(database: Database) -> bool:
    """Whether words lay unsorted; after it none do."""
    async with database.writing() as db:
        clean = select(func.gin_clean_pending_list("ix_searchables_words"))
        return not database.sqlite and bool(await db.scalar(clean))


async def test_new_words_are_sorted_in_later_and_are_found_all_the_while(database):
    await added(database)
    assert database.sqlite or await unsorted(database)
    await added(database)
    async with database.writing() as db:
        await search.sort(db)
        await search.sort(db)
    assert not await unsorted(database)
    await added(database)
    async with database.writing() as db:
        if not database.sqlite:
            await db.scalar(select(func.pg_advisory_xact_lock(search.SORTING)))
            async with database.writing() as another:  # who finds another at it waits for nobody
                await search.sort(another)
    assert database.sqlite or await unsorted(database)
    assert len(await found(database, "landlocked", HERE)) == 3


async def test_the_service_sorts_in_what_any_process_added(
    postgres_tables_url, tmp_path, monkeypatch
):
    sort, there, done = search.sort, asyncio.Event(), asyncio.Event()

    async def seen(db: Writing) -> None:
        begins_late = there.is_set()  # it sorts as it starts, too
        await sort(db)
        if begins_late:
            done.set()

    monkeypatch.setattr(search, "sort", seen)
    another = Database(postgres_tables_url)
    async with service(settings(tmp_path, database_url=postgres_tables_url)):
        await added(another)
        there.set()
        async with asyncio.timeout(20):
            await done.wait()
        await asyncio.sleep(0.5)  # until that has been committed
    assert not await unsorted(another)
    await another.close()


def test_of_words_at_hand_so_many_are_kept_and_no_more(monkeypatch):
    monkeypatch.setattr(words, "MOST_KNOWN", 3)
    text = "Of the networks of landlocked countries and of networks of islands " * 2
    before = list(words.tokens(text, "en", search.stem))
    at_hand = words._known("en", search.stem)
    assert list(words.tokens(text, "en", search.stem)) == before
    assert 0 < len(at_hand) <= 3


async def test_what_is_said_anew_or_forgotten_is_not_found_by_the_old_words(library):
    async with library.writing() as db:
        said = [Said("en", "Something else")]
        await search.index(db, Kind.INPUT, key("en1"), said, place=HERE, at=NOW)
        await search.forget(db, Kind.INPUT, key("en2"))
    assert await found(library, "landlocked", HERE) == []
    assert await found(library, "something else", HERE) == [key("en1")]
    assert await found(library, "abuse", HERE) == []


async def test_what_is_undone_with_its_transaction_leaves_no_words(library):
    async def broken_off() -> None:
        async with library.writing() as db:
            said = [Said("en", "Zebra")]
            await search.index(db, Kind.INPUT, uuid4(), said, place=HERE, at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken_off()
    assert await found(library, "zebra", HERE) == []


ODD = (
    *('"', "'", "a' | 'b", '"*) OR (rowid', "NEAR(a b)", "head:domain", "-domain", "domain*"),
    *(":*", "\\", "!names", "½ ①", "\u0300\u0301", "𠮷", "ﷺ", "x" * 5000, "a " * 3000),
)


async def test_whatever_is_typed_is_words_and_no_command(library):
    for said in ODD:
        await found(library, said, HERE)  # nothing is raised
    assert await found(library, "domain names", HERE) == [key("en3")]


async def test_a_text_without_end_is_kept_as_far_as_a_row_may_be(library):
    flood = " ".join(f"{number:x}{'zq' * 20}" for number in range(40_000))
    async with library.writing() as db:
        said = [Said("en", "Zebra " + flood)]
        await search.index(db, Kind.INPUT, uuid4(), said, place=HERE, at=NOW)
    assert len(await found(library, "zebra", HERE)) == 1


@given(st.text(max_size=200), st.sampled_from([*words.STEMMED, "zh", "xx"]))
def test_tokens_are_letters_and_digits_whatever_the_text(text, language):
    def is_one(token: str) -> bool:
        # Han that are newer than the Unicode of this Python are words all the same.
        return all(each.isalnum() or words.HAN.match(each) for each in token)

    assert all(map(is_one, words.tokens(text, language, search.stem)))
    for meant in search.asked(text):
        assert meant
        assert all(map(is_one, meant))


@given(st.text(max_size=300), st.text(max_size=30), st.integers(20, 80))
def test_an_excerpt_is_a_piece_of_the_text_and_nothing_else(text, said, width):
    pieces = search.marker(said).excerpt(text, "en", width)
    whole = "".join(each.text for each in pieces)
    assert whole.removeprefix("…").removesuffix("…") in text


def test_an_excerpt_marks_the_words_as_they_stand():
    text = TEXTS["en3"]
    pieces = search.marker("accept domain").excerpt(text, "en", 80)
    assert [each.text for each in pieces if each.found] == ["acceptance", "domain"]
    of_chinese = search.marker("儿童安全").excerpt(TEXTS["zh2"], "zh")
    assert [each.text for each in of_chinese if each.found] == ["儿童", "安全"]
    of_arabic = search.marker("سياسة").excerpt(TEXTS["ar1"], "ar")
    assert [each.text for each in of_arabic if each.found] == ["سياسات"]


AWKWARD = (
    "They were dying, lying and tying; e-mail and email, multi-stakeholder; Straße, ŒUVRE, ﬁnal,"
    " ＡＢＣ, I am, µ, αβγ, हिन्दी, d’accord, 中文internet中文, abc中文. "
    "وبالمساءلة سيسألون مسؤول رئيس الرؤساء دول الدولة سـياسة"
    " يستعملون استعمال نستعمل لاب-ستريم مضغوط-ZIP ت2-خدمة کارن مذكّر"
    " indicateurs, applications."
)


def missed(said: str, language: str, text: str) -> list[str]:
    """The words of a text that have a token of what was asked, and are not marked."""
    marker, wanted = search.marker(said), frozenset[str]().union(*search.asked(said))
    hits = [(each.starts, each.ends) for each in marker.hits(text, language)]
    return [
        word[0]
        for word in words.WRITTEN.finditer(text)
        if not words.HAN.match(word[0])
        and wanted & set(words.forms(normalize("NFKC", word[0]), language, search.stem))
        and not any(word.start() <= begins and ends <= word.end() for begins, ends in hits)
    ]


def test_no_word_that_has_what_was_asked_goes_unmarked():
    texts = [
        *((key[:2], text) for key, text in TEXTS.items()),
        *((key, AWKWARD) for key in ("ar", "en", "fr")),
    ]
    asked = {word[0] for _, text in texts for word in words.WRITTEN.finditer(text)}
    asked |= {
        "die",
        "email",
        "multistakeholder",
        "strasse",
        "final",
        "abc",
        "دولة",
        "سؤال",
        "استعمل",
        "لابستريم",
        "ZIP",
        "indiquer",
    }
    for said in asked:
        for language, text in texts:
            assert missed(said, language, text) == []


@pytest.mark.parametrize("row", ["ا.", "ا-", "ا'", "تـ", "a.", "a-", "и.", "网a"])
def test_a_row_of_letters_is_looked_through_once(row):
    """As long as a text may be: what looks on from each letter would take minutes."""
    marker = search.marker("كتاب internet сеть 国际")
    began = time.process_time()
    marker.excerpt(row * 10_000, "ar")
    assert time.process_time() - began < 2


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from([*words.STEMMED, "zh"]))
def test_of_odd_texts_no_word_goes_unmarked_either(said, text, language):
    for each in (said, *text.split()[:3]):
        assert missed(each, language, text) == []
