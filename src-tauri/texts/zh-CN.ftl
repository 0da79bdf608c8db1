# 命令行的语句。错误信息与窗口共用，见 ui/src/i18n。

town = 正在生成街区……
waiting-round = 正在等待抄表任务……
waiting-receipts = 正在等待后台回执……
round = 抄表册 { $code } · { $name } · { $stops } 户
stops = 户数
read-count = 已抄
flagged = 其中需核对
skipped = 跳过
saved = 已存本机
held = 后台已收
lost = 丢失
doubled = 重复
walked-way = 步行
took = 用时
minutes = { $minutes } 分 { $seconds } 秒

asking = 正在询问电表……
asking-again = 再次询问电表（第 { $attempt } 次）……
answered = 已应答：{ $identity }，{ $baud } Bd
receiving = { $bytes } 字节
trying = 正在以 { $baud } Bd 尝试 { $family }……
fetched = 已读取 { $done } 项
fetched-of = 已读取 { $done } / { $total } 项
signal = 信号 { $percent } %
key-refused = 电表不接受其密码或密钥，改为不用密钥读取。
repeating = 数据受损，请求重发
tried = 已尝试：{ $tried }。
heard-read = 已读
profile-backwards = 曲线的结束时间早于开始时间：请先写起点再写终点。
dump-too-long = 文件超过 { $bytes } 字节：请截短。
dump-empty = { $path }：没有校验正确的报文。
meter = 电表 { $serial }
meter-unknown = 电表未报表号
clock = 时钟 { $clock }

port-denied = 无权使用：请将此用户加入 dialout（或 uucp）组后重新登录。
no-ports = 没有串口：没有插入任何设备。

no-position = 没有定位
receiver-silent = 接收机无信号

proven = { $path }：已证实。{ $devices } 台设备的 { $events } 个事件中有 { $readings } 个读数，所有哈希和签名均成立。
proven-whole = { $path }：完整。{ $devices } 台设备的 { $events } 个事件中有 { $readings } 个读数，所有哈希和签名均成立。
hub-key = 后台公钥 { $key }
hub-key-from-file = 尚未证实由谁写出：请与已知的后台公钥核对 { $key }，或使用 --hub-key。
not-proven = { $path } 不是后台写出的内容：{ $reason }

port-failed = 端口 { $port } 无法打开：{ $reason }
enrol-refused = 后台拒绝：{ $reason }

left-in-file = { $path }：{ $events } 个事件，恢复密钥 { $key }
left-stays = 收到后台回执之前，数据仍保留在本机。
damaged-aside = 数据库已损坏，原样保存在 { $path }
judge-asks = { $customer }，{ $t }：{ $read }，{ $why }。
judge-asks-meant = { $customer }，{ $t }：{ $read }，{ $why }。是否应为 { $suggestion }？（{ $percent } %）
judge-sum = { $cases } 个读数中有 { $asked } 个需要核对。
judge-no-class = { $path } 中没有类别 { $class }。
slip-digit = 可能有一位数字抄错
slip-transposition = 可能有两位数字颠倒
slip-shift = 可能多抄或少抄一位
slip-repeat = 与上次读数相同，而该户平时有用电
slip-unrelated = 与该户平时用电不符，可能是别的电表
slip-digits = 位数多于计度器
slip-no-past = 以往读数太少，无法判断
file-too-long = { $path } 超过 { $bytes } 字节。
pack-no-pack = { $path } 不是本版本的规则包。
pack-bad-seal = { $path }：签章不符，请重新向管理部门索取规则包。
pack-bad-line = { $path } 第 { $line } 行：{ $what } 不应在此。
pack-other-hub = { $path } 由另一台服务器签章，公钥 { $key }。
table-line = { $path } 第 { $line } 行：{ $what }。
table-cell = { $path } 第 { $line } 行，{ $column } 列：{ $what }。
table-empty = 文件为空
table-no-rows = 表头下没有数据
table-missing-column = 缺少此列
table-unknown-column = 没有这样的列
table-column-twice = 此列重复
table-width = 有 { $found } 个字段，表头有 { $wanted } 个
table-not-utf8 = 不是 UTF-8，请将文件另存为 UTF-8
table-quote = 引号位置不对
table-too-long = 超过 { $most } 个字符，或含有无法显示的字符
table-missing = 为空
table-number = { $text } 不是 { $least } 到 { $most } 的整数
table-gap = 为空，而其后仍有读数
table-twice = { $text } 重复
table-unknown = 计度器中没有 { $text }
table-too-many = 多于 { $most }
