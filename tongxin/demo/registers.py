"""What the schools of the demo thought through before they used children's data, and to whom it went."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from tongxin.modules.privacy.models import Assessment, Sharing

from .inserting import insert
from .invented import Inventor, public_id
from .population import Populated
from .world import SEED


def keep(out: Populated, year: int, today: date) -> None:
    """Enter two assessments, of which one is soon due again, and what left the school."""
    inventor = Inventor(f"{SEED} registers {out.plan.slug}")
    keeper, school = out.holder("secretary").account, out.school
    begun = date(year - 1, 9, 1)
    at = timezone.make_aware(datetime.combine(begun, time(16)))
    of = {"school": school, "recorded_at": at, "recorded_by": keeper}
    screening = Assessment(
        **of, public_id=public_id(inventor), title="每学期的心理测评",
        data="全体学生的问卷回答和得分；不问家庭收入，不录音录像。",
        why="早点发现需要帮助的学生。只用公开、有依据的量表；不用这些回答，只能等到出事。",
        effect="可能被人当成标签；结果外传会伤害学生；系统的提示可能有错。",
        measures="加密保存，只有心理教师看得到得分；等级由研判会后具名的人定，会到期；不同意测评不影响任何别的活动。",
        outcome="changed", people="书记、分管领导、心理教师、两名家长代表", done_on=begun, next_on=begun + timedelta(days=365),
    )  # fmt: skip
    visits = Assessment(
        **of, public_id=public_id(inventor), title="家访排路线", data="学生的住址位置、家长方便的时间。",
        why="少跑冤枉路，天黑前访完；没有位置的按街道排。", effect="住址外传会让家庭不安全。",
        measures="住址加密，路线只给当天去的老师，两周后收回；地图由自己的服务器提供。", outcome="go",
        people="书记、德育主任、信息技术教师", done_on=begun + timedelta(days=20), next_on=today + timedelta(days=30),
    )  # fmt: skip
    insert(Assessment, [screening, visits])
    insert(
        Sharing,
        [
            Sharing(
                **of, public_id=public_id(inventor), to="市第二医院心理科", kind="given", data="转介单，不附测评答卷。",
                count=3, why="学生就医，监护人签字同意。", paper="监护人同意书", from_on=begun + timedelta(days=60),
            ),
            Sharing(
                **of, public_id=public_id(inventor), to="区教育局", kind="reported", data="各校的完成情况和人数，没有学生姓名。",
                count=0, why="方案要求每学期上报。", paper="", from_on=begun + timedelta(days=140),
                until_on=begun + timedelta(days=150), ended_on=begun + timedelta(days=150),
            ),
        ],
    )  # fmt: skip
