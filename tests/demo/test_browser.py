"""The page in a real browser: strokes, files, models, keys, widths, colours."""

from urllib.parse import urlsplit

import pytest

SETTLED = "() => { const { asked, shown } = document.getElementById('main').dataset;" \
    " return asked === shown; }"  # fmt: skip
ONE = [[(0.5, 0.2), (0.5, 0.8)]]
SEVEN = [[(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]]
ZERO = [[(0.5, 0.2), (0.36, 0.3), (0.32, 0.5), (0.36, 0.7), (0.5, 0.8), (0.64, 0.7), (0.68, 0.5),
         (0.64, 0.3), (0.5, 0.2)]]  # fmt: skip


def settle(page):
    page.wait_for_function(SETTLED)


def draw(page, strokes):
    """Draw with the mouse, and wait until the bars show it."""
    box = page.locator("#pad").bounding_box()
    for points in strokes:
        (x, y), *others = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points
        ]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in others:
            page.mouse.move(x, y, steps=5)
        page.mouse.up()
    settle(page)


def clear(page):
    page.click("#clear")
    settle(page)


def upload(page, name, content, kind="image/png"):
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": content})
    settle(page)


@pytest.fixture
def visit(browser_page, address):
    def open_page(**options):
        seen = browser_page(address, **options)
        seen.page.wait_for_selector("main[data-ready]")
        return seen

    return open_page


def test_a_visit(visit, address, seven, encode, tmp_path):
    seen = visit()
    page = seen.page
    assert page.inner_text("#label") == "?"
    assert page.is_disabled("#clear")
    for digit, strokes in (("1", ONE), ("7", SEVEN), ("0", ZERO)):
        draw(page, strokes)
        assert page.inner_text("#label") == digit
        best = page.inner_text("#bars .best").split()
        assert best[0] == digit
        assert float(best[1]) > 50
        assert page.inner_text("#next").startswith(" ".join(best[1:]) + ", or a")
        clear(page)
        assert page.inner_text("#label") == "?"
        assert page.inner_text("#bars .value >> nth=0") == "–"

    upload(page, "seven.png", encode(seven))
    assert page.inner_text("#label") == "7"
    assert not page.is_visible("#message")
    assert seen.complaints == []

    upload(page, "notes.png", b"Buy milk.")
    assert page.inner_text("#message") == "notes.png: The file cannot be read: not a picture."
    assert page.inner_text("#label") == "?"
    clear(page)
    assert not page.is_visible("#message")

    draw(page, ONE)
    page.select_option("#model", "fashion-mnist")
    settle(page)
    assert page.inner_text("#label") == "Trouser"
    assert page.inner_text("#bars .name >> nth=9") == "Ankle boot"
    page.select_option("#model", "mnist")
    settle(page)
    assert page.inner_text("#label") == "1"
    page.screenshot(path=tmp_path / "page.png")

    assert seen.complaints == []
    assert {urlsplit(asked).netloc for asked in seen.requests} == {urlsplit(address).netloc}


def test_bars_move_while_one_draws(visit):
    page = visit().page
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.25 * box["height"], steps=20)
    page.wait_for_selector("#bars .best")
    first = page.inner_text("#bars")
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.8 * box["height"], steps=20)
    page.wait_for_function(
        "before => document.getElementById('bars').innerText !== before", arg=first
    )
    page.mouse.up()
    settle(page)
    assert page.inner_text("#label") == "7"


def test_one_question_at_a_time_and_the_newest_answer_wins(visit):
    page = visit().page
    open_now, most = [0], [0]

    def slow(route):
        open_now[0] += 1
        most[0] = max(most)
        most[0] = max(most[0], open_now[0])
        route.continue_()

    def done(request):
        if "predict" in request.url:
            open_now[0] -= 1

    page.route("**/predict*", slow)
    page.on("requestfinished", done)
    draw(page, ONE)
    clear(page)
    draw(page, SEVEN)
    assert page.inner_text("#label") == "7"
    assert most[0] == 1


def test_undo_takes_a_stroke_back(visit):
    page = visit().page
    draw(page, ONE)
    before = page.inner_text("#bars")
    draw(page, [[(0.2, 0.5), (0.8, 0.5)]])
    assert page.inner_text("#bars") != before
    page.keyboard.press("Control+z")
    settle(page)
    assert page.inner_text("#bars") == before
    page.click("#undo")
    settle(page)
    assert page.inner_text("#label") == "?"
    assert page.is_disabled("#undo")


def test_the_keyboard_alone(visit):
    page = visit().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "model"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "pad"
    page.keyboard.press("Space")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    settle(page)
    assert page.inner_text("#label") == "1"
    page.wait_for_function("() => document.getElementById('spoken').textContent.startsWith('1, ')")
    page.keyboard.press("Escape")
    settle(page)
    assert page.inner_text("#label") == "?"


def test_the_map_can_be_switched_off(visit):
    page = visit().page
    draw(page, SEVEN)
    painted = "(() => { const c = document.getElementById('heat'); return c.getContext('2d')" \
        ".getImageData(0, 0, c.width, c.height).data.some(value => value > 0); })()"  # fmt: skip
    assert page.evaluate(painted)
    page.uncheck("#explain")
    settle(page)
    assert not page.evaluate(painted)


def test_without_captum_the_page_says_so_and_works(browser, address):
    page = browser.new_page()

    def tell(route):
        told = route.fetch().json()
        route.fulfill(json={**told, "note": "Grad-CAM needs captum"})

    page.route("**/models", tell)
    page.goto(address)
    page.wait_for_selector("main[data-ready]")
    assert page.inner_text("#note") == "Grad-CAM needs captum"
    assert page.is_disabled("#explain")
    draw(page, SEVEN)
    assert page.inner_text("#label") == "7"
    assert page.inner_text("#note") == "Grad-CAM needs captum"
    page.close()


def test_a_file_can_be_dropped(visit, seven, encode):
    page = visit().page
    page.evaluate(
        """content => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(content)], "seven.png"));
            dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
        }""",
        list(encode(seven)),
    )
    settle(page)
    assert page.inner_text("#label") == "7"


def test_a_file_that_is_too_large_is_not_sent(visit):
    seen = visit()
    upload(seen.page, "large.png", bytes(5_000_001))
    assert seen.page.inner_text("#message") == "large.png: The file is larger than 5 MB."
    assert not [asked for asked in seen.requests if "predict" in asked]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_cut_off(visit, width, dark, tmp_path):
    seen = visit(width=width, height=844, dark=dark)
    draw(seen.page, SEVEN)
    seen.page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("#pad", "#clear", "#open", "#label", "#bars", "#image", "#model"):
        box = seen.page.locator(name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] > 15
    page_colour = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (page_colour == "rgb(20, 23, 27)") == dark


def test_everything_has_a_name_for_a_screen_reader(visit):
    page = visit().page
    for role, name in (
        ("application", "Paper to draw on"),
        ("combobox", "Model"),
        ("button", "Undo"),
        ("button", "Clear"),
        ("button", "Open a picture…"),
        ("checkbox", "Show what mattered (Grad-CAM)"),
        ("list", "Probability of each class"),
        ("img", "What the network sees: nothing yet"),
    ):
        assert page.get_by_role(role, name=name, exact=True).count() == 1, name


def test_fingers(browser, address):
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("main[data-ready]")
    assert page.evaluate("getComputedStyle(document.getElementById('pad')).touchAction") == "none"
    box = page.locator("#pad").bounding_box()
    touch = context.new_cdp_session(page)

    def send(kind, *shares):
        points = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in shares
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", (0.5, 0.2))
    for i in range(1, 13):
        send("touchMove", (0.5, 0.2 + 0.05 * i))
    send("touchEnd")
    settle(page)
    assert page.inner_text("#label") == "1"
    assert page.evaluate("scrollY") == 0
    context.close()


def test_a_server_that_has_stopped_is_named(visit):
    seen = visit()
    seen.page.route("**/predict*", lambda route: route.abort())
    draw(seen.page, ONE)
    assert "does not answer" in seen.page.inner_text("#message")
