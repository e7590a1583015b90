import pytest

from cds.medicines import with_classes


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Can she stay on lisinopril?", "Can she stay on lisinopril (ace inhibitor)?"),
        ("Is clarithromycin safe?", "Is clarithromycin (macrolide) safe?"),
        ("Which ACE inhibitor, lisinopril or none?", "Which ACE inhibitor, lisinopril or none?"),
        ("When should gallstones be removed?", "When should gallstones be removed?"),
    ],
)
def test_a_medicine_is_followed_by_its_narrowest_class(asked: str, meant: str) -> None:
    assert with_classes(asked) == meant
